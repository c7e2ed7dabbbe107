/** admissionregistration.k8s.io/v1 MutatingWebhookConfiguration. */
import type * as generated from "../generated/admissionregistration-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, countOf } from "../table/cells.ts";

export type MutatingWebhookConfiguration = generated.MutatingWebhookConfiguration;

const strategy: Strategy<MutatingWebhookConfiguration> = {
  columns: (configuration) => [configuration.metadata.name, countOf(configuration.webhooks), ageOf(configuration)],
};

export const MutatingWebhookConfiguration: Resource<MutatingWebhookConfiguration> = resource(
  { group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations" },
  strategy,
);
