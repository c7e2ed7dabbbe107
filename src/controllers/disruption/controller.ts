/**
 * Says how many Pods of each PodDisruptionBudget may be evicted now. The eviction subresource takes from that number.
 * https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
import { conditionOf } from "../../api/conditions.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { keyOf, type LabelSelector } from "../../api/meta.ts";
import { PodDisruptionBudget } from "../../api/policy/pod-disruption-budget.ts";
import { formatTime } from "../../api/time.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type Controller, type ControllerContext, on, type Reconcile } from "../controller.ts";
import { scaledValue } from "../int-or-percent.ts";
import { messageOf } from "../pod-control.ts";
import { isReady } from "../pod-facts.ts";
import { matcherOf } from "../selector.ts";
import { timeOf } from "../time.ts";
import { expectedScale, SCALED_KINDS } from "./expected-scale.ts";

type Budget = DeepReadonly<PodDisruptionBudget>;
type Status = Budget["status"];
type ReadonlyPod = DeepReadonly<Pod>;

/** A Pod whose eviction was granted and that is not being deleted after that long will not be. */
const DELETION_TIMEOUT_MS = 120_000;

interface Healthy {
  expected: number;
  desired: number;
}

const isPercent = (amount: number | string | undefined): amount is string => typeof amount === "string";

/** A selector as Go prints it. */
function goSelector({ matchLabels = {}, matchExpressions = [] }: DeepReadonly<LabelSelector>): string {
  const labels = Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`;
}

/** How many Pods there should be, and how many of them healthy. */
function wantedHealthy(budget: Budget, pods: readonly ReadonlyPod[], { listers, events }: ControllerContext): Healthy {
  const { minAvailable, maxUnavailable, selector } = budget.spec;
  if (maxUnavailable === undefined && !isPercent(minAvailable)) return { expected: pods.length, desired: minAvailable ?? 0 };
  const { count, unmanaged } = expectedScale(listers, pods);
  if (unmanaged.length > 0)
    events.event(
      budget,
      "Warning",
      "UnmanagedPods",
      `Pods selected by this PodDisruptionBudget (selector: ${goSelector(selector ?? {})}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
    );
  const desired =
    maxUnavailable === undefined
      ? scaledValue(minAvailable, count, "up")
      : Math.max(0, count - scaledValue(maxUnavailable, count, "up"));
  return { expected: count, desired };
}

/** Evictions that were granted and have not come to a deletion yet. */
function stillDisrupted(budget: Budget, pods: readonly ReadonlyPod[], context: ControllerContext): Record<string, string> {
  const nowMs = context.clock.now();
  const kept: Record<string, string> = {};
  for (const [name, since] of Object.entries(budget.status.disruptedPods ?? {})) {
    const pod = pods.find(({ metadata }) => metadata.name === name);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const leftMs = timeOf(since) + DELETION_TIMEOUT_MS - nowMs;
    if (leftMs > 0) {
      kept[name] = since;
      context.requeueAfter(keyOf(budget), leftMs);
    } else context.events.event(pod, "Warning", "NotDeleted", "Pod was expected by PDB to be deleted but it wasn't");
  }
  return kept;
}

function withAllowed(budget: Budget, reason: string, message: string, nowMs: number): NonNullable<Status["conditions"]> {
  const status = reason === "SufficientPods" ? "True" : "False";
  const before = conditionOf(budget.status.conditions, "DisruptionAllowed");
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : formatTime(nowMs);
  const observedGeneration = budget.metadata.generation ?? 0;
  return [{ type: "DisruptionAllowed", status, observedGeneration, lastTransitionTime, reason, message }];
}

function statusOf(budget: Budget, pods: readonly ReadonlyPod[], context: ControllerContext): Status {
  const { expected, desired } = wantedHealthy(budget, pods, context);
  const disruptedPods = stillDisrupted(budget, pods, context);
  const healthy = pods.filter(
    (pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined && disruptedPods[pod.metadata.name] === undefined,
  ).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  return {
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: withAllowed(budget, allowed > 0 ? "SufficientPods" : "InsufficientPods", "", context.clock.now()),
  };
}

const reconcile: Reconcile<PodDisruptionBudget> = async (budget, context) => {
  const { client, listers, events, clock } = context;
  const matches = matcherOf(budget.spec.selector);
  const pods = [...listers.list(Pod, budget.metadata.namespace ?? "")].filter((pod) => matches(pod.metadata.labels));
  if (pods.length === 0) events.event(budget, "Normal", "NoPods", "No matching pods found");
  let status: Status;
  try {
    status = statusOf(budget, pods, context);
  } catch (error) {
    // What cannot be computed allows nothing.
    const reason = `Failed to calculate the number of expected pods: ${messageOf(error)}`;
    events.event(budget, "Warning", "CalculateExpectedPodCountFailed", reason);
    const conditions = withAllowed(budget, "SyncFailed", messageOf(error), clock.now());
    status = { ...budget.status, disruptionsAllowed: 0, conditions };
  }
  await client.updateStatusIfChanged(PodDisruptionBudget, budget, status);
};

export const disruptionController: Controller<PodDisruptionBudget> = {
  name: "disruption-controller",
  component: "controllermanager",
  reconciles: PodDisruptionBudget,
  wokenBy: [
    on(Pod, ({ metadata }, listers) =>
      [...listers.list(PodDisruptionBudget, metadata.namespace ?? "")]
        .filter(({ spec }) => matcherOf(spec.selector)(metadata.labels))
        .map(keyOf),
    ),
  ],
  reads: SCALED_KINDS,
  reconcile,
};
