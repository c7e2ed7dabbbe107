/** apiextensions.k8s.io/v1 CustomResourceDefinition. */
import type * as generated from "../generated/apiextensions-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type CustomResourceDefinition = generated.CustomResourceDefinition;

const strategy: Strategy<CustomResourceDefinition> = {
  hasGeneration: true,

  default({ spec }) {
    spec.conversion ??= { strategy: "None" };
    const { names } = spec;
    if (!names.singular) names.singular = names.kind.toLowerCase();
    if (!names.listKind && names.kind) names.listKind = `${names.kind}List`;
    const { webhook } = spec.conversion;
    if (webhook?.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
  },
};

export const CustomResourceDefinition: Resource<CustomResourceDefinition> = resource(
  { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" },
  strategy,
);
