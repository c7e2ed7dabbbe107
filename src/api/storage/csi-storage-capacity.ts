/**
 * storage.k8s.io/v1 CSIStorageCapacity: how much room a class has in a part of the cluster.
 * https://kubernetes.io/docs/concepts/storage/storage-capacity/
 */

import type * as generated from "../generated/storage-v1.ts";
import { nodeSelectorWarnings } from "../node-label-warnings.ts";
import { compareQuantities } from "../quantity.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { immutable, validateLabelSelector } from "../validation.ts";
import { validateClassName } from "./validation.ts";

export type CSIStorageCapacity = generated.CSIStorageCapacity;

const strategy: Strategy<CSIStorageCapacity> = {
  validate(capacity, previous, report) {
    validateLabelSelector(capacity.nodeTopology, report.at("nodeTopology"));
    validateClassName(capacity.storageClassName, report.at("storageClassName"));
    for (const field of ["capacity", "maximumVolumeSize"] as const) {
      const size = capacity[field];
      if (size !== undefined && compareQuantities(size, "0") < 0)
        report.at(field).invalid(size, "must be greater than or equal to 0");
    }
    if (!previous) return;
    for (const field of ["nodeTopology", "storageClassName"] as const)
      immutable(capacity[field], previous[field], report.at(field));
  },

  warnings: ({ nodeTopology }) => (nodeTopology === undefined ? [] : nodeSelectorWarnings(nodeTopology, "nodeTopology")),
};

export const CSIStorageCapacity: Resource<CSIStorageCapacity> = resource(
  { group: "storage.k8s.io", resource: "csistoragecapacities" },
  strategy,
);
