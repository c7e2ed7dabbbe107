/**
 * resource.k8s.io/v1 ResourceClaimTemplate: from which each Pod gets a claim of its own.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import type * as generated from "../generated/resource-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { nameAndAge } from "../table/cells.ts";
import { immutable } from "../validation.ts";
import { defaultClaim, validateClaim } from "./device-validation.ts";

export type ResourceClaimTemplate = generated.ResourceClaimTemplate;

const strategy: Strategy<ResourceClaimTemplate> = {
  unconditionalUpdate: true,
  default: ({ spec }) => defaultClaim(spec.spec.devices),

  validate({ spec }, previous, report) {
    validateClaim(spec.spec.devices, report.at("spec", "spec", "devices"));
    if (previous) immutable(spec, previous.spec, report.at("spec"));
  },

  columns: nameAndAge,
};

export const ResourceClaimTemplate: Resource<ResourceClaimTemplate> = resource(
  { group: "resource.k8s.io", resource: "resourceclaimtemplates" },
  strategy,
);
