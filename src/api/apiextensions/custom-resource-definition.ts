/** apiextensions.k8s.io/v1 CustomResourceDefinition. */
import type * as generated from "../generated/apiextensions-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type CustomResourceDefinition = generated.CustomResourceDefinition;

const strategy: Strategy<CustomResourceDefinition> = {};

export const CustomResourceDefinition: Resource<CustomResourceDefinition> = resource(
  { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" },
  strategy,
);
