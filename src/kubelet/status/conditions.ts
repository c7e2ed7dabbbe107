/**
 * The conditions of a Pod that are the kubelet's, in the order in which upstream writes them.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions
 */
import { conditionOf } from "../../api/conditions.ts";
import type { ContainerStatus, PodCondition } from "../../api/generated/core-v1.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { isSidecar, type ReadonlyPod } from "../pod/containers.ts";
import { mayRestartAll, restartsAll } from "../pod/restart-policy.ts";
import type { Phase } from "./phase.ts";

export const KUBELET_CONDITIONS: readonly string[] = [
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodScheduled",
  "PodResizePending",
  "PodResizeInProgress",
  "AllContainersRestarting",
];

interface Verdict {
  status: "True" | "False";
  reason?: string;
  message?: string;
}

/** As Go prints a list of strings. */
const list = (names: readonly string[]): string => `[${names.join(" ")}]`;

type Statuses = ReadonlyMap<string, ContainerStatus>;

function containersReady(pod: ReadonlyPod, statuses: Statuses, phase: Phase): Verdict {
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const { name } of [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]) {
    const status = statuses.get(name);
    if (status === undefined) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  if (phase === "Succeeded" && unknown.length === 0) return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const message = [
    ...(unknown.length > 0 ? [`containers with unknown status: ${list(unknown)}`] : []),
    ...(unready.length > 0 ? [`containers with unready status: ${list(unready)}`] : []),
  ].join(", ");
  return message === "" ? { status: "True" } : { status: "False", reason: "ContainersNotReady", message };
}

/** KEP-580: other conditions that have to hold too. */
function ready(pod: ReadonlyPod, containers: Verdict): Verdict {
  if (containers.status === "False") return containers;
  const problems: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const condition = conditionOf(pod.status.conditions, conditionType);
    if (condition === undefined)
      problems.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (condition.status !== "True")
      problems.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`);
  }
  return problems.length === 0
    ? { status: "True" }
    : { status: "False", reason: "ReadinessGatesNotReady", message: problems.join(", ") };
}

function initialized(pod: ReadonlyPod, statuses: Statuses, phase: Phase): Verdict {
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of pod.spec.initContainers ?? []) {
    const status = statuses.get(container.name);
    if (status === undefined) unknown.push(container.name);
    else if (isSidecar(container) ? !status.started : !status.ready) incomplete.push(container.name);
  }
  if (phase === "Succeeded" && unknown.length === 0) return { status: "True", reason: "PodCompleted" };
  const hasStarted = pod.spec.containers.some(({ name }) => {
    const status = statuses.get(name);
    return (
      status?.state.running !== undefined || status?.state.terminated !== undefined || status?.lastState.terminated !== undefined
    );
  });
  if (hasStarted) return { status: "True" };
  const message = [
    ...(unknown.length > 0 ? [`containers with unknown status: ${list(unknown)}`] : []),
    ...(incomplete.length > 0 ? [`containers with incomplete status: ${list(incomplete)}`] : []),
  ].join(", ");
  return message === "" ? { status: "True" } : { status: "False", reason: "ContainersNotInitialized", message };
}

/** KEP-5532. */
function restartingAll(pod: ReadonlyPod, statuses: Statuses, phase: Phase): Verdict {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const isAsked = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].some((container) => {
    const exitCode = statuses.get(container.name)?.state.terminated?.exitCode;
    return exitCode !== undefined && restartsAll(container, exitCode);
  });
  const message = "container exited with restart policy rule";
  return isAsked ? { status: "True", reason: "RestartAllContainersStarted", message } : { status: "False" };
}

export interface ConditionsOptions {
  pod: ReadonlyPod;
  statuses: readonly ContainerStatus[];
  phase: Phase;
  hasSandbox: boolean;
  /** Those that were written last: what has not changed keeps its time. */
  previous: readonly DeepReadonly<PodCondition>[];
  /** Of a resize that is not done. */
  resizing: readonly PodCondition[];
  now: string;
}

/** The kubelet's conditions, after those of others. */
export function podConditions(options: ConditionsOptions): PodCondition[] {
  const { pod, statuses, phase, hasSandbox, previous, resizing, now } = options;
  const byName: Statuses = new Map(statuses.map((status) => [status.name, status]));
  const containers = containersReady(pod, byName, phase);
  const verdicts: readonly [string, Verdict][] = [
    ["PodReadyToStartContainers", { status: hasSandbox ? "True" : "False" }],
    ["Initialized", initialized(pod, byName, phase)],
    ["Ready", ready(pod, containers)],
    ["ContainersReady", containers],
    ["PodScheduled", { status: "True" }],
    ...(mayRestartAll(pod) ? [["AllContainersRestarting", restartingAll(pod, byName, phase)] as [string, Verdict]] : []),
  ];
  const others = (pod.status.conditions ?? []).filter(({ type }) => !KUBELET_CONDITIONS.includes(type));
  return [
    ...others.map((condition) => ({ ...condition })),
    ...resizing,
    ...verdicts.map(([type, verdict]): PodCondition => {
      const before = previous.find((condition) => condition.type === type);
      return {
        type,
        ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
        status: verdict.status,
        // Pointers to times that are never set are null on the wire.
        lastProbeTime: null as unknown as string,
        lastTransitionTime: before?.status === verdict.status ? before.lastTransitionTime : now,
        ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
        ...(verdict.message === undefined ? {} : { message: verdict.message }),
      };
    }),
  ];
}
