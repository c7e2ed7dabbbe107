/**
 * resource.k8s.io/v1 ResourceClaim: devices that somebody needs, and which ones they got.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import type * as generated from "../generated/resource-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, countOf } from "../table/cells.ts";
import { immutable } from "../validation.ts";
import { defaultClaim, validateClaim } from "./device-validation.ts";

export type ResourceClaim = generated.ResourceClaim;

const strategy: Strategy<ResourceClaim> = {
  unconditionalUpdate: true,
  default: ({ spec }) => defaultClaim(spec.devices),

  prepareForCreate(claim) {
    claim.status = {};
  },

  validate({ spec }, previous, report) {
    validateClaim(spec.devices, report.at("spec", "devices"));
    if (previous) immutable(spec, previous.spec, report.at("spec"));
  },

  columns: (claim) => {
    const isDeleted = claim.metadata.deletionTimestamp !== undefined;
    const allocated = claim.status?.allocation !== undefined;
    const states = [
      isDeleted && "deleted",
      !allocated && !isDeleted && "pending",
      allocated && "allocated",
      allocated && countOf(claim.status?.reservedFor) > 0 && "reserved",
    ];
    return [claim.metadata.name, states.filter(Boolean).join(","), ageOf(claim)];
  },
};

export const ResourceClaim: Resource<ResourceClaim> = resource(
  { group: "resource.k8s.io", resource: "resourceclaims" },
  strategy,
);
