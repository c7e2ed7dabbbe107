/**
 * Counts what each namespace uses of its ResourceQuotas. Admission adds what is created, in the same transaction; this controller
 * counts anew when a quota changes and when something is gone.
 *
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */

import { DaemonSet } from "../../api/apps/daemon-set.ts";
import { Deployment } from "../../api/apps/deployment.ts";
import { ReplicaSet } from "../../api/apps/replica-set.ts";
import { StatefulSet } from "../../api/apps/stateful-set.ts";
import { CronJob } from "../../api/batch/cron-job.ts";
import { Job } from "../../api/batch/job.ts";
import { ConfigMap } from "../../api/core/config-map.ts";
import { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { hasScopes, inScope } from "../../api/core/quota/scopes.ts";
import { addUsage, type Usage, usageOf } from "../../api/core/quota/usage.ts";
import { ReplicationController } from "../../api/core/replication-controller.ts";
import { ResourceQuota } from "../../api/core/resource-quota.ts";
import { Secret } from "../../api/core/secret.ts";
import { Service } from "../../api/core/service.ts";
import { type KubernetesObject, keyOf } from "../../api/meta.ts";
import { builtInResources } from "../../api/resources.ts";
import type { AnyResource } from "../../api/row.ts";
import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type Controller, type ControllerContext, gone, type Reconcile } from "../controller.ts";
import { isEnded } from "../pod-facts.ts";

/** Kinds that are followed: when one of them goes, quotas are counted at once. */
const FOLLOWED: readonly AnyResource[] = [
  Service,
  PersistentVolumeClaim,
  ConfigMap,
  Secret,
  ReplicationController,
  Deployment,
  ReplicaSet,
  StatefulSet,
  DaemonSet,
  Job,
  CronJob,
];
/** The others are looked at now and then, as upstream does with all of them. */
const RECOUNT_MS = 300_000;
/** A count may have missed what was admitted meanwhile: it is checked once more. */
const CHECK_MS = 1_000;

/** The kinds that the quota's limits are about. */
function countedKinds(hard: readonly string[]): AnyResource[] {
  const wanted = new Set<AnyResource>();
  for (const name of hard) {
    if (name.startsWith("services")) wanted.add(Service);
    else if (name.endsWith("persistentvolumeclaims") || name.endsWith("requests.storage")) wanted.add(PersistentVolumeClaim);
    const [plural = "", ...group] = name.replace(/^count\//, "").split(".");
    const row = builtInResources.find((each) => each.resource === plural && each.group === group.join("."));
    if (row?.stored && row.namespaced) wanted.add(row);
    else if (!name.startsWith("count/")) wanted.add(Pod);
  }
  return [...wanted];
}

async function objectsOf(
  row: AnyResource,
  namespace: string,
  { client, listers }: ControllerContext,
): Promise<KubernetesObject[]> {
  if (row === Pod || row === ResourceQuota || FOLLOWED.includes(row))
    return [...listers.list(row, namespace)] as KubernetesObject[];
  return (await client.list(row, { namespace, metadataOnly: true })).items as KubernetesObject[];
}

async function usedOf(quota: DeepReadonly<ResourceQuota>, context: ControllerContext): Promise<Usage> {
  const spec = quota.spec ?? {};
  const hard = Object.keys(spec.hard ?? {});
  const namespace = quota.metadata.namespace ?? "";
  const scoped = hasScopes(spec);
  let used: Usage = Object.fromEntries(hard.map((name) => [name, "0"]));
  for (const row of countedKinds(hard)) {
    if (scoped && row !== Pod) continue;
    for (const object of await objectsOf(row, namespace, context)) {
      if (scoped && !inScope(spec, object as unknown as Pod)) continue;
      const usage = usageOf(row, object);
      used = addUsage(used, Object.fromEntries(hard.flatMap((name) => (usage[name] === undefined ? [] : [[name, usage[name]]]))));
    }
  }
  return used;
}

const reconcile: Reconcile<ResourceQuota> = async (quota, context) => {
  const { client, requeueAfter } = context;
  const used = await usedOf(quota, context);
  const hard = quota.spec?.hard ?? {};
  const status = Object.keys(hard).length === 0 ? {} : { hard, used };
  const written = await client.updateStatusIfChanged(ResourceQuota, quota, status);
  requeueAfter(keyOf(quota), written === quota ? RECOUNT_MS : CHECK_MS);
};

const quotasOf = ({ metadata }: DeepReadonly<KubernetesObject>, listers: ControllerContext["listers"]): string[] =>
  [...listers.list(ResourceQuota, metadata.namespace ?? "")].map(keyOf);

export const resourceQuotaController: Controller<ResourceQuota> = {
  name: "resourcequota-controller",
  reconciles: ResourceQuota,
  /** What admission counts needs no second count. */
  heeds: ({ spec }, previous) => !deepEqual(spec, previous.spec),
  wokenBy: [
    gone(Pod, quotasOf, (pod, previous) => isEnded(pod) === isEnded(previous)),
    gone(ResourceQuota, quotasOf),
    ...FOLLOWED.map((row) => gone(row, quotasOf)),
  ],
  reconcile,
};
