/** admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration. */
import type * as generated from "../generated/admissionregistration-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, countOf } from "../table/cells.ts";
import { defaultWebhook, validateWebhooks } from "./webhooks.ts";

export type ValidatingWebhookConfiguration = generated.ValidatingWebhookConfiguration;

const strategy: Strategy<ValidatingWebhookConfiguration> = {
  hasGeneration: true,

  default({ webhooks }) {
    for (const webhook of webhooks ?? []) {
      defaultWebhook(webhook);
    }
  },

  validate: ({ webhooks }, _previous, report) => validateWebhooks(webhooks, report),

  columns: (configuration) => [configuration.metadata.name, countOf(configuration.webhooks), ageOf(configuration)],
};

export const ValidatingWebhookConfiguration: Resource<ValidatingWebhookConfiguration> = resource(
  { group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations" },
  strategy,
);
