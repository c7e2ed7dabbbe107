/**
 * Resizing a running Pod: the node promises what is asked for when it has room, then gives it to the containers that run.
 * https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
import type { PodCondition } from "../../api/generated/core-v1.ts";
import { formatTime } from "../../api/time.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { errorText } from "../runtime/runtime.ts";
import type { EndReason } from "../status/pod-status.ts";
import {
  type Allocation,
  allocated,
  asked,
  effective,
  type Resources,
  resizeOf,
  resizeSummary,
  said,
  sameAllocation,
} from "./allocation.ts";
import type { NamedContainer, PodContainer, ReadonlyPod } from "./containers.ts";
import { RETRY_MS } from "./problem.ts";
import { type RuntimePod, statusOf } from "./runtime-pod.ts";
import { type PodWork, saidOf } from "./work.ts";

/** What a container was given: for itself, and with its Pod's limits where it has none. */
interface Given {
  own: Resources;
  effective: Resources;
}

export interface ResizeState {
  allocation: Allocation;
  /** By the id of the container. */
  readonly given: Map<string, Given>;
  pending: PodCondition | undefined;
  inProgress: PodCondition | undefined;
}

/** How long a resize that found no room waits, unless room is made before. */
const DEFERRED_RETRY_MS = 180_000;

export function resizeState(pod: ReadonlyPod): ResizeState {
  const conditionOf = (type: string): PodCondition | undefined => {
    const found = pod.status.conditions?.find((condition) => condition.type === type);
    return found && { ...found };
  };
  return {
    allocation: said(pod),
    given: new Map(),
    pending: conditionOf("PodResizePending"),
    inProgress: conditionOf("PodResizeInProgress"),
  };
}

interface ConditionWords {
  type: string;
  reason: string;
  message: string;
  generation: number | undefined;
}

function conditionOf(
  { type, reason, message, generation }: ConditionWords,
  before: DeepReadonly<PodCondition> | undefined,
  nowMs: number,
): PodCondition {
  const now = formatTime(nowMs);
  const isSame = before !== undefined && (before.reason ?? "") === reason && (before.message ?? "") === message;
  return {
    type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status: "True",
    lastProbeTime: isSame ? before.lastProbeTime : now,
    lastTransitionTime: before !== undefined && (before.reason ?? "") === reason ? before.lastTransitionTime : now,
    ...(reason === "" ? {} : { reason }),
    ...(message === "" ? {} : { message }),
  } as PodCondition;
}

/** Promises what the Pod asks for, where `admit` has nothing against it; says so in the conditions and an Event. */
export function considerResize(work: PodWork, admit: (pod: ReadonlyPod) => EndReason | undefined): void {
  const { desired, resize, context } = work;
  const { events, clock } = context;
  const { generation } = desired.metadata;
  if (sameAllocation(asked(desired), resize.allocation)) {
    resize.pending = undefined;
    return;
  }
  const refusal = admit(desired);
  if (refusal !== undefined) {
    const { reason, message } = refusal;
    const before = resize.pending;
    resize.pending = conditionOf({ type: "PodResizePending", reason: "Deferred", message, generation }, before, clock.now());
    if (before?.observedGeneration !== generation)
      events.event(desired, "Warning", "ResizeDeferred", `Pod resize ${reason}: ${resizeSummary(desired, generation, message)}`);
    return work.wakeAfter(DEFERRED_RETRY_MS);
  }
  resize.allocation = asked(desired);
  work.pod = desired;
  resize.pending = undefined;
  resize.inProgress = conditionOf({ type: "PodResizeInProgress", reason: "", message: "", generation }, undefined, clock.now());
  context.roomMade();
  events.event(desired, "Normal", "ResizeStarted", `Pod resize started: ${resizeSummary(desired, generation)}`);
}

/** The Pod as it was promised, whatever it asks for by now. */
export const allocatedPod = ({ resize }: Pick<PodWork, "resize">, desired: ReadonlyPod): ReadonlyPod =>
  allocated(desired, resize.allocation);

function givenOf(work: PodWork, { name, resources = {} }: PodContainer, id: string): Given {
  const known = work.resize.given.get(id);
  if (known !== undefined) return known;
  const before = saidOf(work, name);
  const own = before?.containerID?.endsWith(id) && before.resources !== undefined ? before.resources : resources;
  return { own, effective: effective(work.pod, own) };
}

/** What the container has that runs as `id`. */
export const actualResources = (work: PodWork, container: PodContainer, id: string): Resources =>
  givenOf(work, container, id).own;

/** The container was started, or changed, to have what it is to have. */
export function noteGiven(work: PodWork, { resources = {} }: PodContainer, id: string): void {
  work.resize.given.set(id, { own: resources, effective: effective(work.pod, resources) });
}

export function neededResize(work: PodWork, container: PodContainer, id: string): ReturnType<typeof resizeOf> {
  return resizeOf(container, effective(work.pod, container.resources), givenOf(work, container, id).effective);
}

/** Ends the condition of a resize once every container has what was promised. */
export function endResize(work: PodWork, runtimePod: RuntimePod): void {
  const { pod, resize, context } = work;
  if (resize.inProgress === undefined) return;
  const isBehind = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].some((container) => {
    const status = statusOf(runtimePod, container.name);
    return status?.state === "Running" && neededResize(work, container, status.id) !== undefined;
  });
  if (isBehind) return;
  const generation = resize.inProgress.observedGeneration;
  resize.inProgress = undefined;
  context.events.event(pod, "Normal", "ResizeCompleted", `Pod resize completed: ${resizeSummary(pod, generation)}`);
}

const memoryLimit = ({ limits }: Resources = {}): string | undefined => limits?.memory;

/** Throws an Error where a limit would lie below what is used: the kernel would end the container. */
async function checkMemory(work: PodWork, { container }: NamedContainer, id: string): Promise<void> {
  const { runtime, configs } = work.context;
  const wanted = configs.resources(work.pod, container).memoryLimitBytes;
  if (wanted === undefined || memoryLimit(givenOf(work, container, id).effective) === memoryLimit(container.resources)) return;
  const { memoryUsageBytes } = await runtime.containerStats(id);
  if (memoryUsageBytes < wanted) return;
  const why = `attempting to set container "${container.name}" memory limit (${wanted}) below current usage (${memoryUsageBytes})`;
  throw new Error(`cannot decrease memory limits: ${why}`);
}

/** Gives running containers what they were promised: their Pod's cgroup grows before them, and shrinks after them. */
export async function resizeContainers(
  work: PodWork,
  containers: readonly (NamedContainer & { id: string })[],
): Promise<boolean> {
  if (containers.length === 0) return false;
  const { pod, context, resize } = work;
  const { runtime, configs, events } = context;
  try {
    for (const named of containers) await work.outside(() => checkMemory(work, named, named.id));
    await configs.growCgroup(pod);
    for (const { container, id } of containers) {
      await work.outside(() => runtime.updateContainerResources(id, configs.resources(pod, container)));
      noteGiven(work, container, id);
    }
    await configs.openCgroup(pod);
    return true;
  } catch (error) {
    const message = errorText(error);
    const before = resize.inProgress;
    const generation = before?.observedGeneration ?? pod.metadata.generation;
    resize.inProgress = conditionOf(
      { type: "PodResizeInProgress", reason: "Error", message, generation },
      before,
      context.clock.now(),
    );
    if (before?.message !== message)
      events.event(pod, "Warning", "ResizeError", `Pod resize error: ${resizeSummary(pod, generation, message)}`);
    work.wakeAfter(RETRY_MS);
    return true;
  }
}
