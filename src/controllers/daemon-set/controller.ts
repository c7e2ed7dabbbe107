/**
 * Runs one Pod of each DaemonSet on every node that fits, and replaces them when the template changes.
 * https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
 */
import { ControllerRevision } from "../../api/apps/controller-revision.ts";
import { DaemonSet } from "../../api/apps/daemon-set.ts";
import { Node } from "../../api/core/node.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { keyOf } from "../../api/meta.ts";
import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { EXPECTATION_TIMEOUT_MS } from "../../client/expectations.ts";
import { type Controller, type ControllerContext, on, type Reconcile } from "../controller.ts";
import { type History, type HistoryOf, hashOf, syncHistory, trimHistory } from "../history/revisions.ts";
import { scaledValue } from "../int-or-percent.ts";
import { claimOwned } from "../ownership.ts";
import { asError, createPods, deletePods, podFrom } from "../pod-control.ts";
import { isAvailable, isEnded, isReady, nextAvailableInMs } from "../pod-facts.ts";
import { selectsEverything } from "../selector.ts";
import { type FailureBackoff, failureBackoff } from "./failure-backoff.ts";
import { daemonTolerations, nodeOf, pinnedTo, placementOn, type ReadonlyDaemonSet, type ReadonlyNode } from "./placement.ts";

type ReadonlyPod = DeepReadonly<Pod>;

const HASH = "controller-revision-hash";
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

interface Sync {
  daemonSet: ReadonlyDaemonSet;
  context: ControllerContext;
  nodes: readonly ReadonlyNode[];
  /** Of each node, the oldest first. */
  podsOn: ReadonlyMap<string, readonly ReadonlyPod[]>;
  hash: string;
  nowMs: number;
  backoff: FailureBackoff;
}

const isDying = ({ metadata }: ReadonlyPod): boolean => metadata.deletionTimestamp !== undefined;
const createdMs = ({ metadata }: ReadonlyPod): number => Date.parse(metadata.creationTimestamp);
const isUpdated = ({ metadata }: ReadonlyPod, hash: string): boolean => metadata.labels?.[HASH] === hash;

function byNode(pods: readonly ReadonlyPod[]): Map<string, ReadonlyPod[]> {
  const found = new Map<string, ReadonlyPod[]>();
  for (const pod of pods.toSorted((a, b) => createdMs(a) - createdMs(b))) {
    const name = nodeOf(pod);
    found.set(name, [...(found.get(name) ?? []), pod]);
  }
  return found;
}

interface Plan {
  create: string[];
  remove: ReadonlyPod[];
}

const whereOf = ({ metadata }: ReadonlyPod, node: string): string => `${metadata.namespace}/${metadata.name} on node ${node}`;

/** Pods that have ended and are replaced now. One that failed is left for a while where the one before it failed, too. */
function endedPods({ daemonSet, context, backoff, nowMs }: Sync, pods: readonly ReadonlyPod[], node: string): ReadonlyPod[] {
  const { events, requeueAfter } = context;
  const key = keyOf(daemonSet);
  const generation = daemonSet.metadata.generation ?? 0;
  return pods.filter((pod) => {
    if (isDying(pod)) return false;
    if (pod.status.phase === "Succeeded") {
      const message = `Found succeeded daemon pod ${whereOf(pod, node)}, will try to delete it`;
      events.event(daemonSet, "Normal", "SucceededDaemonPod", message);
      return true;
    }
    if (pod.status.phase !== "Failed") return false;
    const waitMs = backoff.waitMs({ key, generation, node, nowMs });
    if (waitMs > 0) {
      requeueAfter(key, waitMs);
      return false;
    }
    const message = `Found failed daemon pod ${whereOf(pod, node)}, will try to kill it`;
    events.event(daemonSet, "Warning", "FailedDaemonPod", message);
    return true;
  });
}

/**
 * All but one of the Pods that run on a node. With a surge an old and a new one stand beside each other while the old one is ready and
 * the new one not available yet.
 */
function surplusPods(sync: Sync, running: readonly ReadonlyPod[]): readonly ReadonlyPod[] {
  const { daemonSet, hash, nowMs } = sync;
  const bound = running.toSorted((a, b) => Number(!a.spec.nodeName) - Number(!b.spec.nodeName));
  if (surgeOf(sync) === 0 || bound.length <= 1) return bound.slice(1);
  const next = bound.find((pod) => isUpdated(pod, hash));
  const old = bound.find((pod) => !isUpdated(pod, hash));
  const surplus = bound.filter((pod) => pod !== next && pod !== old);
  if (next === undefined || old === undefined) return surplus;
  const isReplaced = !isReady(old) || isAvailable(next, daemonSet.spec.minReadySeconds ?? 0, nowMs);
  return isReplaced ? [...surplus, old] : surplus;
}

/** A node that should have a Pod gets one, others lose theirs; one that has ended is replaced. */
function placementPlan(sync: Sync): Plan {
  const { daemonSet, nodes, podsOn } = sync;
  const plan: Plan = { create: [], remove: [] };
  for (const node of nodes) {
    const { name } = node.metadata;
    const { runs, stays } = placementOn(daemonSet, node);
    const pods = podsOn.get(name) ?? [];
    if (!stays) plan.remove.push(...pods.filter((pod) => !isDying(pod)));
    else if (runs && pods.length === 0) plan.create.push(name);
    else {
      const running = pods.filter((pod) => !isEnded(pod) && !isDying(pod));
      plan.remove.push(...endedPods(sync, pods, name), ...surplusPods(sync, running));
    }
  }
  // The node for which they were made has gone before they were bound to it.
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  for (const [name, pods] of podsOn)
    if (!known.has(name)) plan.remove.push(...pods.filter((pod) => !pod.spec.nodeName && !isDying(pod)));
  return plan;
}

const surgeOf = ({ daemonSet, nodes }: Sync): number => {
  const { type, rollingUpdate } = daemonSet.spec.updateStrategy;
  return type === "RollingUpdate" ? scaledValue(rollingUpdate?.maxSurge, nodes.length, "up") : 0;
};

/** Which old Pods go now, or get a new one beside them. */
function updatePlan(sync: Sync): Plan {
  const { daemonSet, nodes, podsOn, hash, nowMs } = sync;
  const plan: Plan = { create: [], remove: [] };
  if (daemonSet.spec.updateStrategy.type !== "RollingUpdate") return plan;
  const wanted = nodes.filter((node) => placementOn(daemonSet, node).runs);
  const available = (pod: ReadonlyPod): boolean => isAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, nowMs);
  const surge = surgeOf(sync);
  let budget = surge > 0 ? surge : scaledValue(daemonSet.spec.updateStrategy.rollingUpdate?.maxUnavailable, wanted.length, "up");
  const ready: ReadonlyPod[] = [];
  const surging: string[] = [];
  for (const node of wanted) {
    const pods = (podsOn.get(node.metadata.name) ?? []).filter((pod) => !isDying(pod));
    const next = pods.find((pod) => isUpdated(pod, hash));
    const old = pods.find((pod) => !isUpdated(pod, hash));
    if (surge > 0) {
      if (old === undefined) continue;
      if (next !== undefined && available(next)) plan.remove.push(old);
      else if (next !== undefined) budget--;
      else if (!available(old)) plan.create.push(node.metadata.name);
      else surging.push(node.metadata.name);
    } else if (old === undefined) budget -= next !== undefined && available(next) ? 0 : 1;
    else if (available(old)) ready.push(old);
    else {
      // It is away anyhow.
      plan.remove.push(old);
      budget--;
    }
  }
  plan.create.push(...surging.slice(0, Math.max(0, budget)));
  plan.remove.push(...ready.slice(0, Math.max(0, budget)));
  return plan;
}

async function carryOut({ daemonSet, context, hash }: Sync, { create, remove }: Plan): Promise<unknown> {
  const { template } = daemonSet.spec;
  const generation = daemonSet.metadata.annotations?.[TEMPLATE_GENERATION];
  const labels = { ...(generation === undefined ? {} : { "pod-template-generation": generation }), [HASH]: hash };
  const tolerations = daemonTolerations(daemonSet);
  const failures = [
    await createPods(context, daemonSet, create.length, (index) =>
      podFrom(daemonSet, template, {
        labels,
        spec: { ...pinnedTo(template.spec as DeepReadonly<Pod["spec"]>, create[index] ?? ""), tolerations },
      }),
    ),
    await deletePods(context, daemonSet, remove),
  ];
  return failures.find((failure) => failure !== undefined);
}

function statusOf({ daemonSet, nodes, podsOn, hash, nowMs }: Sync, { collisions }: History): DaemonSet["status"] {
  const counts = { current: 0, desired: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 };
  for (const node of nodes) {
    const pods = podsOn.get(node.metadata.name) ?? [];
    if (!placementOn(daemonSet, node).runs) {
      if (pods.length > 0) counts.misscheduled++;
      continue;
    }
    counts.desired++;
    if (pods.length === 0) continue;
    counts.current++;
    const pod = pods.find((each) => isReady(each) && !isDying(each)) ?? pods[0];
    if (pod === undefined) continue;
    if (isReady(pod)) counts.ready++;
    if (isAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, nowMs)) counts.available++;
    const newest = pods.findLast((each) => !isDying(each)) ?? pod;
    if (isUpdated(newest, hash)) counts.updated++;
  }
  const unavailable = counts.desired - counts.available;
  return {
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    observedGeneration: daemonSet.metadata.generation ?? 0,
    ...(counts.updated === 0 ? {} : { updatedNumberScheduled: counts.updated }),
    ...(counts.available === 0 ? {} : { numberAvailable: counts.available }),
    ...(unavailable === 0 ? {} : { numberUnavailable: unavailable }),
    ...(collisions === 0 ? {} : { collisionCount: collisions }),
  };
}

const reconcileWith =
  (backoff: FailureBackoff): Reconcile<DaemonSet> =>
  async (daemonSet, context) => {
    const { client, listers, events, expectations, clock, requeueAfter } = context;
    if (selectsEverything(daemonSet.spec.selector))
      return events.event(
        daemonSet,
        "Warning",
        "SelectingAll",
        "This daemon set is selecting all pods. A non-empty selector is required.",
      );
    if (daemonSet.metadata.deletionTimestamp !== undefined) return;
    const historyOf: HistoryOf = { owner: daemonSet, ownerKind: DaemonSet, hashLabel: HASH, context };
    const history = await syncHistory(historyOf);
    const current = expectations.satisfied(daemonSet);
    const owned = listers.ownedBy(Pod, daemonSet);
    const orphans = listers.orphans(Pod, daemonSet.metadata.namespace ?? "");
    const pods = await claimOwned({ client, owner: daemonSet, ownerKind: DaemonSet, of: Pod, owned, orphans });
    const sync: Sync = {
      daemonSet,
      context,
      nodes: [...listers.list(Node)],
      podsOn: byNode(pods),
      hash: hashOf(history.current, HASH),
      nowMs: clock.now(),
      backoff,
    };
    let failure: unknown;
    if (!current) requeueAfter(keyOf(daemonSet), EXPECTATION_TIMEOUT_MS);
    else {
      const plan = placementPlan(sync);
      const isPlaced = plan.create.length === 0 && plan.remove.length === 0;
      failure = await carryOut(sync, isPlaced ? updatePlan(sync) : plan);
    }
    await client.updateStatusIfChanged(DaemonSet, daemonSet, statusOf(sync, history));
    if (failure !== undefined) throw asError(failure);
    await trimHistory(historyOf, history, (revision) => pods.some((pod) => isUpdated(pod, hashOf(revision, HASH))));
    const availableInMs = nextAvailableInMs(pods, daemonSet.spec.minReadySeconds ?? 0, sync.nowMs);
    if (availableInMs !== undefined) requeueAfter(keyOf(daemonSet), availableInMs);
  };

/** Heartbeats of a node say nothing about where Pods go. */
const isSamePlace = (node: ReadonlyNode, previous: ReadonlyNode): boolean =>
  deepEqual(node.metadata.labels, previous.metadata.labels) && deepEqual(node.spec?.taints, previous.spec?.taints);

export function daemonSetController(): Controller<DaemonSet> {
  const backoff = failureBackoff();
  return {
    name: "daemonset-controller",
    account: "daemon-set-controller",
    reconciles: DaemonSet,
    wokenBy: [
      { owned: Pod },
      { orphans: Pod },
      { owned: ControllerRevision },
      on(Node, (_, listers) => [...listers.list(DaemonSet)].map(keyOf), isSamePlace),
    ],
    reconcile: reconcileWith(backoff),
    forget: backoff.forget,
  };
}
