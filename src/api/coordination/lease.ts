/** coordination.k8s.io/v1 Lease. */
import type * as generated from "../generated/coordination-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type Lease = generated.Lease;

const strategy: Strategy<Lease> = {
  columns: (lease) => [lease.metadata.name, lease.spec?.holderIdentity ?? "", ageOf(lease)],
};

export const Lease: Resource<Lease> = resource({ group: "coordination.k8s.io", resource: "leases" }, strategy);
