/** How many Pods the workloads behind a set of Pods want in all: what percentages of a disruption budget are of. */
import { Deployment } from "../../api/apps/deployment.ts";
import { ReplicaSet } from "../../api/apps/replica-set.ts";
import { StatefulSet } from "../../api/apps/stateful-set.ts";
import type { Pod } from "../../api/core/pod/pod.ts";
import { ReplicationController } from "../../api/core/replication-controller.ts";
import { controllerOf, type KubernetesObject, type OwnerReference } from "../../api/meta.ts";
import type { Resource } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Lister } from "../../client/informer.ts";
import { sum } from "../int-or-percent.ts";

interface Scaled extends KubernetesObject {
  spec?: { replicas?: number };
}

export const SCALED_KINDS = [Deployment, ReplicaSet, StatefulSet, ReplicationController] as const;

export interface ExpectedScale {
  count: number;
  /** Names of Pods that nobody manages. */
  unmanaged: readonly string[];
}

function find(listers: Lister, namespace: string, owner: DeepReadonly<OwnerReference>): DeepReadonly<Scaled> | undefined {
  const row = SCALED_KINDS.find(({ kind, apiVersion }) => kind === owner.kind && apiVersion === owner.apiVersion);
  const found = row && listers.get(row as unknown as Resource<Scaled>, namespace, owner.name);
  return found?.metadata.uid === owner.uid ? found : undefined;
}

/** Throws where a Pod is managed by something that has no scale. */
export function expectedScale(listers: Lister, pods: readonly DeepReadonly<Pod>[]): ExpectedScale {
  const scales = new Map<string, number>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const { namespace = "", name } = pod.metadata;
    const owner = controllerOf(pod);
    if (owner === undefined) {
      unmanaged.push(name);
      continue;
    }
    const direct = find(listers, namespace, owner);
    if (direct === undefined) throw new Error(`found no controllers for pod "${name}"`);
    const above = controllerOf(direct);
    const workload = (above && find(listers, namespace, above)) ?? direct;
    scales.set(workload.metadata.uid, workload.spec?.replicas ?? 1);
  }
  return { count: sum(scales.values()), unmanaged };
}
