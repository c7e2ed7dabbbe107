/**
 * How a Pod is printed: what `kubectl get pods` shows as READY, STATUS and RESTARTS.
 *
 * The status is more than the phase: the first init container that is not done speaks for the Pod, then the last container that
 * waits or has ended, and deletion above all.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
 */

import type { DeepReadonly } from "../../../base/readonly.ts";
import { isConditionTrue } from "../../conditions.ts";
import type * as generated from "../../generated/core-v1.ts";
import type { Cell } from "../../row.ts";
import { ageOf, NONE } from "../../table/cells.ts";
import { humanAge } from "../../table/duration.ts";

type Pod = DeepReadonly<generated.Pod>;
type ContainerStatus = DeepReadonly<generated.ContainerStatus>;

/** What the containers looked at so far add up to. */
interface Summary {
  ready: number;
  restarts: number;
  /** When the last restart's predecessor ended; empty where it is not known. */
  lastEnd: string;
  reason: string;
}

export function podCells(pod: Pod, nowMs: number): readonly Cell[] {
  const { metadata, spec, status } = pod;
  const sidecars = new Set(spec?.initContainers?.filter(isSidecar).map(({ name }) => name));
  const summary = summarise(pod, sidecars);
  const total = (spec?.containers.length ?? 0) + sidecars.size;
  const { restarts, lastEnd } = summary;
  return [
    metadata.name,
    `${summary.ready}/${total}`,
    deletionReason(pod) ?? summary.reason,
    restarts > 0 && lastEnd !== "" ? `${restarts} (${humanAge(lastEnd, nowMs)} ago)` : String(restarts),
    ageOf(pod),
    status?.podIPs?.[0]?.ip || NONE,
    spec?.nodeName || NONE,
    status?.nominatedNodeName || NONE,
    readinessGates(pod),
  ];
}

const isSidecar = ({ restartPolicy }: { readonly restartPolicy?: string }): boolean => restartPolicy === "Always";

const hasCondition = ({ status }: Pod, wanted: string): boolean => isConditionTrue(status?.conditions, wanted);

function summarise(pod: Pod, sidecars: ReadonlySet<string>): Summary {
  const { status } = pod;
  const isGated = status?.conditions?.some(({ type, reason }) => type === "PodScheduled" && reason === "SchedulingGated");
  const reason = isGated ? "SchedulingGated" : status?.reason || status?.phase || "";
  const initial = summariseInit(pod, sidecars, reason);
  if (initial.isInitializing && !hasCondition(pod, "Initialized")) return initial.all;
  return summariseContainers(pod, { ...initial.sidecars, ready: initial.all.ready, reason: initial.all.reason });
}

const addRestarts = (summary: Summary, { restartCount, lastState }: ContainerStatus): void => {
  summary.restarts += restartCount;
  const ended = lastState.terminated?.finishedAt ?? "";
  if (ended > summary.lastEnd) summary.lastEnd = ended;
};

/** Restarts of init containers count only while they run; those of sidecars always. */
function summariseInit(pod: Pod, sidecars: ReadonlySet<string>, reason: string) {
  const all: Summary = { ready: 0, restarts: 0, lastEnd: "", reason };
  const ofSidecars: Summary = { ready: 0, restarts: 0, lastEnd: "", reason };
  const total = pod.spec?.initContainers?.length ?? 0;
  for (const [index, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isSidecarStatus = sidecars.has(container.name);
    addRestarts(all, container);
    if (isSidecarStatus) addRestarts(ofSidecars, container);
    if (container.state.terminated?.exitCode === 0) continue;
    if (isSidecarStatus && container.started === true) {
      if (container.ready) all.ready += 1;
      continue;
    }
    all.reason = `Init:${initReason(container, `${index}/${total}`)}`;
    return { all, sidecars: ofSidecars, isInitializing: true };
  }
  return { all, sidecars: ofSidecars, isInitializing: false };
}

function initReason({ state }: ContainerStatus, progress: string): string {
  if (state.terminated) return endOf(state.terminated);
  const waiting = state.waiting?.reason;
  return waiting && waiting !== "PodInitializing" ? waiting : progress;
}

const endOf = ({ reason, signal, exitCode }: DeepReadonly<generated.ContainerStateTerminated>): string =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);

function summariseContainers(pod: Pod, summary: Summary): Summary {
  let hasRunning = false;
  for (const container of (pod.status?.containerStatuses ?? []).toReversed()) {
    const { waiting, terminated, running } = container.state;
    addRestarts(summary, container);
    if (waiting?.reason) summary.reason = waiting.reason;
    else if (terminated) summary.reason = endOf(terminated);
    else if (container.ready && running) {
      hasRunning = true;
      summary.ready += 1;
    }
  }
  if (summary.reason === "Completed" && hasRunning) summary.reason = hasCondition(pod, "Ready") ? "Running" : "NotReady";
  return summary;
}

function deletionReason({ metadata, status }: Pod): string | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined;
  if (status?.reason === "NodeLost") return "Unknown";
  return status?.phase === "Succeeded" || status?.phase === "Failed" ? undefined : "Terminating";
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  return `${gates.filter(({ conditionType }) => hasCondition(pod, conditionType)).length}/${gates.length}`;
}
