/** resource.k8s.io/v1 ResourceClaim. */
import type * as generated from "../generated/resource-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, countOf } from "../table/cells.ts";

export type ResourceClaim = generated.ResourceClaim;

const strategy: Strategy<ResourceClaim> = {
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
