/** The status of a Pod as a whole: what the kubelet says of it, from what the runtime has and what was said before. */
import type { ContainerStatus, PodCondition, PodStatus } from "../../api/generated/core-v1.ts";
import type { ResourceRequirements } from "../../api/generated/shared.ts";
import { formatTime } from "../../api/time.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { qosClassOf } from "../config/qos.ts";
import { ephemeralContainers, isOnHostNetwork, isSidecar, isTerminalPhase, type ReadonlyPod } from "../pod/containers.ts";
import { KUBELET_CONDITIONS, podConditions } from "./conditions.ts";
import { type ContainerStatusContext, containerStatus, isEmpty } from "./container-status.ts";
import { type Phase, phaseOf } from "./phase.ts";
import { writtenLimits } from "./requests.ts";

/** Why the kubelet ended the Pod: DeadlineExceeded, Evicted, … */
export interface EndReason {
  reason: string;
  message: string;
}

export interface PodStatusContext extends Omit<ContainerStatusContext, "previous"> {
  /** The status said last; the one that the API server has, after a restart. */
  last: DeepReadonly<PodStatus>;
  endReason: EndReason | undefined;
  /** Conditions of a resize that is not done. */
  resizing: readonly PodCondition[];
  hostIps: readonly string[];
  nowMs: number;
}

type PodSums = (pod: ReadonlyPod) => Record<string, string>;

/** A Pod's own sum of requests is not copied from the spec: only what containers, or the Pod itself, were given counts. */
const isAllocated = ({ spec }: ReadonlyPod, statuses: readonly ContainerStatus[]): boolean =>
  !isEmpty(spec.resources?.requests) || statuses.some(({ allocatedResources }) => !isEmpty(allocatedResources));

function addressesOf({ runtimePod, last, hostIps, pod }: PodStatusContext): readonly string[] {
  if (isOnHostNetwork(pod)) return hostIps;
  const ips = runtimePod.sandboxes.find(({ state, ips }) => state === "Ready" && ips.length > 0)?.ips;
  // A Pod keeps the address it had, also when its sandbox is gone.
  return ips ?? last.podIPs?.map(({ ip }) => ip) ?? [];
}

/** A container that must have run and of which nothing is left counts as failed. */
function markLost(statuses: ContainerStatus[]): void {
  for (const status of statuses) {
    if (status.state.terminated) continue;
    status.state = {
      terminated: {
        reason: "ContainerStatusUnknown",
        message: "The container could not be located when the pod was terminated",
        exitCode: 137,
        startedAt: null as unknown as string,
        finishedAt: null as unknown as string,
      },
    };
  }
}

/** Init containers up to the last that has left a trace of a run; the first always. */
function initializedPart(statuses: ContainerStatus[]): ContainerStatus[] {
  const lastRun = statuses.findLastIndex(({ state, lastState }) => lastState.terminated || state.terminated || state.running);
  return statuses.slice(0, Math.max(lastRun, 0) + 1);
}

/** Whether its app containers had their turn: init containers, where there are any, have done their work. */
function hadTurn({ pod, last }: PodStatusContext, { app }: ContainerStatuses): boolean {
  const lastInit = pod.spec.initContainers?.at(-1);
  if (lastInit === undefined) return true;
  if (app.some(({ state, lastState }) => state.waiting === undefined || lastState.terminated)) return true;
  const said = last.initContainerStatuses?.at(-1);
  if (isSidecar(lastInit)) return said?.state.running !== undefined && said.started === true;
  return said?.state.terminated?.exitCode === 0 || said?.lastState.terminated?.exitCode === 0;
}

/** Of a Pod that has ended every container has, whether anybody saw it or not. */
function endAll(context: PodStatusContext, statuses: ContainerStatuses): void {
  if (hadTurn(context, statuses)) markLost(statuses.app);
  markLost(initializedPart(statuses.init));
}

export interface ContainerStatuses {
  init: ContainerStatus[];
  app: ContainerStatus[];
  ephemeral: ContainerStatus[];
}

/** Init containers stand in their order, all others in that of their names. */
const byName = (a: ContainerStatus, b: ContainerStatus): number => (a.name < b.name ? -1 : 1);

function containerStatuses(context: PodStatusContext): ContainerStatuses {
  const { pod, last } = context;
  const known = [
    ...(last.initContainerStatuses ?? []),
    ...(last.containerStatuses ?? []),
    ...(last.ephemeralContainerStatuses ?? []),
  ];
  const inner: ContainerStatusContext = { ...context, previous: (name) => known.find((status) => status.name === name) };
  return {
    init: (pod.spec.initContainers ?? []).map((container) => containerStatus(container, "init", inner)),
    app: pod.spec.containers.map((container) => containerStatus(container, "app", inner)).sort(byName),
    ephemeral: ephemeralContainers(pod)
      .map((container) => containerStatus(container, "ephemeral", inner))
      .sort(byName),
  };
}

/** Requests of the containers, as the runtime was given them. */
function podAllocated(pod: ReadonlyPod, statuses: ContainerStatuses, sum: (pod: ReadonlyPod) => Record<string, string>) {
  return isAllocated(pod, [...statuses.init, ...statuses.app]) ? sum(pod) : {};
}

function phaseAndReason(context: PodStatusContext, statuses: ContainerStatuses): Pick<PodStatus, "phase" | "reason" | "message"> {
  const { pod, last, ended, endReason } = context;
  if (endReason !== undefined) return { phase: "Failed", ...endReason };
  const kept = {
    ...(last.reason === undefined ? {} : { reason: last.reason }),
    ...(last.message === undefined ? {} : { message: last.message }),
  };
  // The end of a Pod is final.
  if (isTerminalPhase(last.phase)) return { phase: last.phase as Phase, ...kept };
  return { phase: phaseOf(pod, [...statuses.init, ...statuses.app], ended) };
}

/** What the Pod as a whole was given. */
function podResources(pod: ReadonlyPod, sumOfRequests: PodSums): ResourceRequirements {
  const [requests, limits] = [sumOfRequests(pod), writtenLimits(pod)];
  return { ...(isEmpty(requests) ? {} : { requests }), ...(isEmpty(limits) ? {} : { limits }) };
}

export function podStatus(context: PodStatusContext, sumOfRequests: PodSums): PodStatus {
  const { pod, runtimePod, last, ended, hostIps, nowMs } = context;
  const statuses = containerStatuses(context);
  const end = phaseAndReason(context, statuses);
  const ips = addressesOf(context);
  const hasSandbox = runtimePod.sandboxes.some(
    ({ state, ips: own }) => state === "Ready" && (own.length > 0 || isOnHostNetwork(pod)),
  );
  const allocated = podAllocated(pod, statuses, sumOfRequests);
  const now = formatTime(nowMs);
  const conditions = podConditions({
    pod,
    statuses: [...statuses.init, ...statuses.app],
    phase: end.phase as Phase,
    hasSandbox,
    previous: last.conditions ?? [],
    resizing: isTerminalPhase(end.phase) ? [] : context.resizing,
    now,
  });
  // What never came to run is lost only after the conditions were made up.
  if (ended) endAll(context, statuses);
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    ...end,
    phase: ended && !isTerminalPhase(end.phase) ? "Failed" : (end.phase as Phase),
    conditions,
    ...(hostIps[0] === undefined ? {} : { hostIP: hostIps[0], hostIPs: hostIps.map((ip) => ({ ip })) }),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: last.startTime ?? now,
    ...(statuses.init.length > 0 ? { initContainerStatuses: statuses.init } : {}),
    ...(statuses.app.length > 0 ? { containerStatuses: statuses.app } : {}),
    ...(statuses.ephemeral.length > 0 ? { ephemeralContainerStatuses: statuses.ephemeral } : {}),
    ...(isEmpty(allocated) ? {} : { allocatedResources: allocated }),
    resources: podResources(pod, sumOfRequests),
    qosClass: qosClassOf(pod),
  };
}

/** Of a Pod that the kubelet does not take: everything that others said of it goes. */
export const rejectedStatus = (pod: ReadonlyPod, { reason, message }: EndReason, nowMs: number): PodStatus => ({
  ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  phase: "Failed",
  reason,
  message: `Pod was rejected: ${message}`,
  startTime: pod.status.startTime ?? formatTime(nowMs),
  qosClass: qosClassOf(pod),
  ...othersConditions(pod),
});

function othersConditions(pod: ReadonlyPod): { conditions?: PodCondition[] } {
  const others = (pod.status.conditions ?? []).filter(({ type }) => !KUBELET_CONDITIONS.includes(type));
  return others.length === 0 ? {} : { conditions: others.map((condition) => ({ ...condition })) };
}
