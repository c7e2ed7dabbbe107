/** How the workloads of apps/v1 are printed: replicas wanted and had, then what runs in them. */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as generated from "../generated/apps-v1.ts";
import type { Cell } from "../row.ts";
import { ageOf, containerCells, formatLabels, formatSelector } from "../table/cells.ts";

export function deploymentCells(deployment: DeepReadonly<generated.Deployment>): readonly Cell[] {
  const { metadata, spec, status } = deployment;
  return [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    ageOf(deployment),
    ...containerCells(spec?.template),
    formatSelector(spec?.selector),
  ];
}

export function replicaSetCells(set: DeepReadonly<generated.ReplicaSet>): readonly Cell[] {
  const { metadata, spec, status } = set;
  return [
    metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    ageOf(set),
    ...containerCells(spec?.template),
    formatSelector(spec?.selector),
  ];
}

export function statefulSetCells(set: DeepReadonly<generated.StatefulSet>): readonly Cell[] {
  const { metadata, spec, status } = set;
  return [metadata.name, `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`, ageOf(set), ...containerCells(spec?.template)];
}

export function daemonSetCells(set: DeepReadonly<generated.DaemonSet>): readonly Cell[] {
  const { metadata, spec, status } = set;
  return [
    metadata.name,
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    formatLabels(spec?.template?.spec?.nodeSelector),
    ageOf(set),
    ...containerCells(spec?.template),
    formatSelector(spec?.selector),
  ];
}
