/** admissionregistration.k8s.io/v1 MutatingWebhookConfiguration. */
import type * as generated from "../generated/admissionregistration-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type MutatingWebhookConfiguration = generated.MutatingWebhookConfiguration;

const strategy: Strategy<MutatingWebhookConfiguration> = {};

export const MutatingWebhookConfiguration: Resource<MutatingWebhookConfiguration> = resource(
  { group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations" },
  strategy,
);
