/** Recorded decisions of upstream's scheduler (facts/scheduler), and the state from which they were made. */

import type { ReplicaSet, StatefulSet } from "../../api/generated/apps-v1.ts";
import type { Namespace, Node, PersistentVolume, Pod, ReplicationController, Service } from "../../api/generated/core-v1.ts";
import type { PodDisruptionBudget } from "../../api/generated/policy-v1.ts";
import type { PersistentVolumeClaim } from "../../api/generated/shared.ts";
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass } from "../../api/generated/storage-v1.ts";
import { ClusterState } from "../core/cluster-state.ts";
import { type PodInfo, podInfo } from "../core/pod-info.ts";

export interface DecisionRecord {
  id: string;
  state: {
    nodes: Node[];
    pods?: Pod[];
    namespaces?: Namespace[];
    services?: Service[];
    replicaSets?: ReplicaSet[];
    statefulSets?: StatefulSet[];
    replicationControllers?: ReplicationController[];
    podDisruptionBudgets?: PodDisruptionBudget[];
    storageClasses?: StorageClass[];
    persistentVolumes?: PersistentVolume[];
    persistentVolumeClaims?: PersistentVolumeClaim[];
    csiNodes?: CSINode[];
    csiDrivers?: CSIDriver[];
    csiStorageCapacities?: CSIStorageCapacity[];
  };
  pod: Pod;
  result: {
    node?: string;
    feasible?: string[];
    scores?: Record<string, number[]>;
    total?: number[];
    bind?: Record<string, string>;
    provision?: string[];
    reason?: string;
    reasons?: Record<string, number>;
    preFilter?: string;
    preemption?: Record<string, number> | string;
    postFilter?: string;
    nominatedNodeName?: string;
    victims?: string[];
  };
}

const namespaceOf = ({ metadata }: { metadata: { namespace?: string } }): string => metadata.namespace ?? "default";

/** Records leave out what the API server would fill in. */
function filled(pod: Pod): Pod {
  const namespace = namespaceOf(pod);
  return {
    ...pod,
    metadata: { ...pod.metadata, namespace, uid: `${namespace}/${pod.metadata.name}` },
    spec: {
      ...pod.spec,
      containers: pod.spec.containers.map((container, index) => ({
        ...container,
        name: container.name ?? (pod.spec.containers.length === 1 ? "c" : `c${index}`),
      })),
    },
    status: pod.status ?? {},
  };
}

const placed = <T extends { metadata: { namespace?: string } }>(object: T): T => ({
  ...object,
  metadata: { ...object.metadata, namespace: namespaceOf(object) },
});

const hasEnded = ({ status }: Pod): boolean => status?.phase === "Succeeded" || status?.phase === "Failed";

export function stateOf({ state: recorded }: DecisionRecord): ClusterState {
  const state = new ClusterState();
  setNamespaces(recorded, state);
  setWorkloads(recorded, state);
  for (const budget of recorded.podDisruptionBudgets ?? []) state.budgets.set(placed(budget));
  for (const each of recorded.storageClasses ?? []) state.volumes.classes.set(each);
  for (const each of recorded.persistentVolumes ?? []) state.volumes.volumes.set(each);
  for (const each of recorded.persistentVolumeClaims ?? []) state.volumes.claims.set(placed(each));
  for (const each of recorded.csiNodes ?? []) state.volumes.csiNodes.set(each);
  for (const each of recorded.csiDrivers ?? []) state.volumes.csiDrivers.set(each);
  for (const each of recorded.csiStorageCapacities ?? []) state.volumes.capacities.set(placed(each));
  for (const node of recorded.nodes) state.setNode({ ...node, spec: node.spec ?? {}, status: node.status ?? {} });
  for (const bound of recorded.pods ?? [])
    if (!hasEnded(bound)) state.setPod(podInfo(filled(bound), state.resources), bound.spec.nodeName ?? "");
  return state;
}

function setNamespaces({ namespaces = [] }: DecisionRecord["state"], state: ClusterState): void {
  for (const { metadata } of [{ metadata: { name: "default", labels: {} } }, ...namespaces])
    state.setNamespace(metadata.name, { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name });
}

function setWorkloads(recorded: DecisionRecord["state"], { workloads }: ClusterState): void {
  for (const each of recorded.services ?? []) workloads.setService(namespaceOf(each), each.metadata.name, each.spec.selector);
  for (const each of recorded.replicaSets ?? [])
    workloads.setController("ReplicaSet", namespaceOf(each), each.metadata.name, each.spec.selector);
  for (const each of recorded.statefulSets ?? [])
    workloads.setController("StatefulSet", namespaceOf(each), each.metadata.name, each.spec.selector);
  for (const each of recorded.replicationControllers ?? [])
    workloads.setController("ReplicationController", namespaceOf(each), each.metadata.name, {
      matchLabels: each.spec.selector ?? {},
    });
}

export const pendingPod = ({ pod }: DecisionRecord, state: ClusterState): PodInfo => podInfo(filled(pod), state.resources);
