/** admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration. */
import type * as generated from "../generated/admissionregistration-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, countOf } from "../table/cells.ts";

export type ValidatingWebhookConfiguration = generated.ValidatingWebhookConfiguration;

const strategy: Strategy<ValidatingWebhookConfiguration> = {
  columns: (configuration) => [configuration.metadata.name, countOf(configuration.webhooks), ageOf(configuration)],
};

export const ValidatingWebhookConfiguration: Resource<ValidatingWebhookConfiguration> = resource(
  { group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations" },
  strategy,
);
