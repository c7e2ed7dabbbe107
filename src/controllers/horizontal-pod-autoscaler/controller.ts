/**
 * Keeps what autoscalers scale within their bounds, and says why it does no more where there are no metrics.
 *
 * Each autoscaler is looked at every 15 seconds, neither more nor less often, whatever happens to it.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
 */
import { HorizontalPodAutoscaler } from "../../api/autoscaling/horizontal-pod-autoscaler.ts";
import { type KubernetesObject, keyOf } from "../../api/meta.ts";
import { builtInResources } from "../../api/resources.ts";
import type { AnyResource } from "../../api/row.ts";
import { formatTime } from "../../api/time.ts";
import type { Client } from "../../client/client.ts";
import type { Controller, ControllerContext, Reconcile } from "../controller.ts";
import { discover } from "../discovery.ts";
import { messageOf } from "../pod-control.ts";
import { timeOf } from "../time.ts";
import { type MetricFailure, metricFailure } from "./metrics.ts";
import { demandOf, type ReadonlyAutoscaler, type Status, type Verdict, withCounts, withVerdict } from "./plan.ts";

const PERIOD_MS = 15_000;

interface Scale extends KubernetesObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

interface Target {
  row: AnyResource;
  name: string;
  namespace: string;
  scale: Scale;
}

interface Sync {
  autoscaler: ReadonlyAutoscaler;
  context: ControllerContext;
  status: Status;
}

const say = ({ autoscaler, context }: Sync, type: "Normal" | "Warning", reason: string, message: string): void =>
  context.events.event(autoscaler, type, reason, message);

function conclude(sync: Sync, verdict: Verdict): void {
  sync.status = withVerdict(sync.status, verdict, sync.context.clock.now());
}

async function rowOf(client: Client, group: string, kind: string): Promise<AnyResource> {
  const fits = (row: AnyResource): boolean => row.group === group && row.kind === kind;
  const row = builtInResources.find(fits) ?? (await discover(client)).resources.find(fits);
  if (row === undefined) throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`);
  return row;
}

async function targetOf({ autoscaler, context: { client } }: Sync): Promise<Target> {
  const { apiVersion = "", kind, name } = autoscaler.spec.scaleTargetRef;
  const namespace = autoscaler.metadata.namespace ?? "";
  const row = await rowOf(client, apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "", kind);
  const scale = (await client.get(row, { namespace, name }, { subresource: "scale" })) as Scale;
  return { row, name, namespace, scale };
}

async function rescale(sync: Sync, { row, scale }: Target, replicas: number, reason: string): Promise<void> {
  const { client, clock } = sync.context;
  const current = scale.spec.replicas ?? 0;
  try {
    await client.update(row, { ...scale, spec: { ...scale.spec, replicas } } as KubernetesObject, { subresource: "scale" });
  } catch (error) {
    const why = messageOf(error);
    say(sync, "Warning", "FailedRescale", `New size: ${replicas}; reason: ${reason}; error: ${why}`);
    const message = `the HPA controller was unable to update the target scale: ${why}`;
    conclude(sync, { type: "AbleToScale", status: "False", reason: "FailedUpdateScale", message });
    sync.status = withCounts(sync.status, { current, desired: sync.status.desiredReplicas, metrics: 0 });
    return;
  }
  const message = `the HPA controller was able to update the target scale to ${replicas}`;
  conclude(sync, { type: "AbleToScale", status: "True", reason: "SucceededRescale", message });
  say(sync, "Normal", "SuccessfulRescale", `New size: ${replicas}; reason: ${reason}`);
  const scaled = { ...sync.status, lastScaleTime: formatTime(clock.now()) };
  sync.status = withCounts(scaled, { current, desired: replicas, metrics: 0 });
}

/** What stands in the way of computing a number from metrics. */
async function measure(sync: Sync, { scale, namespace }: Target): Promise<void> {
  const { autoscaler, context } = sync;
  const { metrics = [] } = autoscaler.spec;
  const { selector = "" } = scale.status;
  let summary: string;
  if (selector === "") {
    summary = "selector is required";
    say(sync, "Warning", "SelectorRequired", summary);
    const message = "the HPA target's scale is missing a selector";
    conclude(sync, { type: "ScalingActive", status: "False", reason: "InvalidSelector", message });
  } else {
    const failures: MetricFailure[] = [];
    for (const metric of metrics) failures.push(await metricFailure(context.client, metric, { namespace, selector }));
    for (const { reason, message } of failures) say(sync, "Warning", reason, message);
    const [first] = failures;
    if (first === undefined) return;
    const message = `the HPA was unable to compute the replica count: ${first.message}`;
    conclude(sync, { type: "ScalingActive", status: "False", reason: first.reason, message });
    summary = `invalid metrics (${failures.length} invalid out of ${metrics.length}), first error is: ${first.summary}`;
  }
  say(sync, "Warning", "FailedComputeMetricsReplicas", summary);
  const current = scale.spec.replicas ?? 0;
  const counted = selector === "" ? 0 : metrics.length;
  sync.status = withCounts(sync.status, { current, desired: sync.status.desiredReplicas, metrics: counted });
}

async function scaleTarget(sync: Sync): Promise<void> {
  let target: Target;
  try {
    target = await targetOf(sync);
  } catch (error) {
    say(sync, "Warning", "FailedGetScale", messageOf(error));
    const message = `the HPA controller was unable to get the target's current scale: ${messageOf(error)}`;
    return conclude(sync, { type: "AbleToScale", status: "False", reason: "FailedGetScale", message });
  }
  const able = "the HPA controller was able to get the target's current scale";
  conclude(sync, { type: "AbleToScale", status: "True", reason: "SucceededGetScale", message: able });
  const current = target.scale.spec.replicas ?? 0;
  const demand = demandOf(sync.autoscaler.spec, current);
  if (demand.do === "rescale") return rescale(sync, target, demand.replicas, demand.reason);
  if (demand.do === "measure") return measure(sync, target);
  const message = "scaling is disabled since the replica count of the target is zero";
  conclude(sync, { type: "ScalingActive", status: "False", reason: "ScalingDisabled", message });
  sync.status = withCounts(sync.status, { current, desired: 0, metrics: 0 });
}

const reconcile: Reconcile<HorizontalPodAutoscaler> = async (autoscaler, context) => {
  const { client, clock, requeueAfter } = context;
  const key = keyOf(autoscaler);
  const ageMs = clock.now() - timeOf(autoscaler.metadata.creationTimestamp);
  // What was just made is left to settle for a period.
  if (ageMs < PERIOD_MS) return requeueAfter(key, PERIOD_MS - ageMs);
  requeueAfter(key, PERIOD_MS);
  const sync: Sync = { autoscaler, context, status: autoscaler.status };
  await scaleTarget(sync);
  await client.updateStatusIfChanged(HorizontalPodAutoscaler, autoscaler, sync.status);
};

export const horizontalPodAutoscalerController: Controller<HorizontalPodAutoscaler> = {
  name: "horizontal-pod-autoscaler",
  reconciles: HorizontalPodAutoscaler,
  wokenBy: [],
  heeds: () => false,
  reconcile,
};
