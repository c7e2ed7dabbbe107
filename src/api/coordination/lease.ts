/** coordination.k8s.io/v1 Lease. */
import type * as generated from "../generated/coordination-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { notNegative } from "../validation.ts";

export type Lease = generated.Lease;

const strategy: Strategy<Lease> = {
  createOnUpdate: true,

  validate({ spec }, _previous, report) {
    const here = report.at("spec");
    const { leaseDurationSeconds: seconds, leaseTransitions } = spec;
    if (seconds !== undefined && seconds <= 0) here.at("leaseDurationSeconds").invalid(seconds, "must be greater than 0");
    notNegative(leaseTransitions, here.at("leaseTransitions"));
  },

  columns: (lease) => [lease.metadata.name, lease.spec?.holderIdentity ?? "", ageOf(lease)],
};

export const Lease: Resource<Lease> = resource({ group: "coordination.k8s.io", resource: "leases" }, strategy);
