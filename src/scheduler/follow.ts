/**
 * Keeps the cluster's state up to date with what informers show, except for Pods, which the loop follows itself. `wake` hears what may
 * help Pods that wait.
 */
import { ReplicaSet } from "../api/apps/replica-set.ts";
import { StatefulSet } from "../api/apps/stateful-set.ts";
import { Namespace } from "../api/core/namespace.ts";
import { Node } from "../api/core/node.ts";
import { PersistentVolume } from "../api/core/persistent-volume.ts";
import { PersistentVolumeClaim } from "../api/core/persistent-volume-claim.ts";
import { ReplicationController } from "../api/core/replication-controller.ts";
import { Service } from "../api/core/service.ts";
import type { KubernetesObject } from "../api/meta.ts";
import { PodDisruptionBudget } from "../api/policy/pod-disruption-budget.ts";
import type { Resource } from "../api/row.ts";
import { CSIDriver } from "../api/storage/csi-driver.ts";
import { CSINode } from "../api/storage/csi-node.ts";
import { CSIStorageCapacity } from "../api/storage/csi-storage-capacity.ts";
import { StorageClass } from "../api/storage/storage-class.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { Informers } from "../client/informer.ts";
import { nodeHints } from "./changes.ts";
import type { ClusterState } from "./core/cluster-state.ts";
import type { WakeHint } from "./core/framework.ts";
import type { Table } from "./core/volume-state.ts";
import type { WorkloadKind } from "./core/workloads.ts";

export interface FollowOptions {
  informers: Informers;
  state: ClusterState;
  wake(hint: WakeHint): void;
  /** A claim or a volume changed. */
  volumesChanged(): void;
}

export function followCluster(options: FollowOptions): void {
  followNodes(options);
  followWorkloads(options);
  followVolumes(options);
}

function followNodes({ informers, state, wake }: FollowOptions): void {
  const changed = (node: DeepReadonly<Node>, previous?: DeepReadonly<Node>): void => {
    state.setNode(node);
    for (const hint of nodeHints(node, previous)) wake(hint);
  };
  informers.watch(Node, {
    added: (node) => changed(node),
    updated: changed,
    deleted: (node) => state.removeNode(node.metadata.name),
  });
  const labelled = ({ metadata }: DeepReadonly<Namespace>): void => state.setNamespace(metadata.name, metadata.labels);
  informers.watch(Namespace, {
    added: labelled,
    updated(namespace, previous) {
      labelled(namespace);
      if (JSON.stringify(namespace.metadata.labels) !== JSON.stringify(previous.metadata.labels)) wake("Namespace:changed");
    },
    deleted: ({ metadata }) => state.removeNamespace(metadata.name),
  });
}

function followWorkloads({ informers, state: { workloads, budgets } }: FollowOptions): void {
  const service = ({ metadata: { namespace = "", name }, spec }: DeepReadonly<Service>): void =>
    workloads.setService(namespace, name, spec.selector);
  informers.watch(Service, {
    added: service,
    updated: service,
    deleted: ({ metadata: { namespace = "", name } }) => workloads.removeService(namespace, name),
  });
  const controllers = <T extends KubernetesObject>(
    of: Resource<T>,
    kind: WorkloadKind,
    selector: (object: DeepReadonly<T>) => Parameters<typeof workloads.setController>[3],
  ): void => {
    const changed = (object: DeepReadonly<T>): void =>
      workloads.setController(kind, object.metadata.namespace ?? "", object.metadata.name, selector(object));
    informers.watch(of, {
      added: changed,
      updated: changed,
      deleted: ({ metadata: { namespace = "", name } }) => workloads.removeController(kind, namespace, name),
    });
  };
  controllers(ReplicaSet, "ReplicaSet", ({ spec }) => spec.selector);
  controllers(StatefulSet, "StatefulSet", ({ spec }) => spec.selector);
  controllers(ReplicationController, "ReplicationController", ({ spec }) => ({ matchLabels: spec.selector ?? {} }));
  informers.watch(PodDisruptionBudget, {
    added: (budget) => budgets.set(budget),
    updated: (budget) => budgets.set(budget),
    deleted: ({ metadata: { namespace = "", name } }) => budgets.remove(namespace, name),
  });
}

function followVolumes({ informers, state: { volumes }, wake, volumesChanged }: FollowOptions): void {
  const into = <T extends KubernetesObject>(
    of: Resource<T>,
    table: Table<DeepReadonly<T>>,
    hint: WakeHint,
    done?: () => void,
  ): void => {
    const changed = (object: DeepReadonly<T>): void => {
      table.set(object);
      done?.();
      wake(hint);
    };
    const deleted = (object: DeepReadonly<T>): void => {
      table.remove(object);
      done?.();
    };
    informers.watch(of, { added: changed, updated: changed, deleted });
  };
  into(PersistentVolumeClaim, volumes.claims, "Claim:changed", volumesChanged);
  into(PersistentVolume, volumes.volumes, "Volume:changed", volumesChanged);
  into(StorageClass, volumes.classes, "StorageClass:changed");
  into(CSINode, volumes.csiNodes, "StorageDriver:changed");
  into(CSIDriver, volumes.csiDrivers, "StorageDriver:changed");
  into(CSIStorageCapacity, volumes.capacities, "StorageDriver:changed");
}
