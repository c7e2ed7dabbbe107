/** The status of each container, from what the runtime says and what stands in its way. */

import type { ContainerState, ContainerStatus } from "../../api/generated/core-v1.ts";
import type { ResourceRequirements, VolumeMount } from "../../api/generated/shared.ts";
import { formatTime } from "../../api/time.ts";
import { decodeUtf8, encodeUtf8 } from "../../base/bytes.ts";
import { cloneJson } from "../../base/clone.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { allContainers, type ContainerKind, type PodContainer, type ReadonlyPod } from "../pod/containers.ts";
import { restartsAfter } from "../pod/restart-policy.ts";
import { type RuntimePod, statusesOf } from "../pod/runtime-pod.ts";
import type { ContainerStatus as RuntimeContainer } from "../runtime/runtime.ts";

/** Why a container does not run although it should: CrashLoopBackOff, ErrImagePull, CreateContainerConfigError, … */
export interface WaitingReason {
  reason: string;
  message: string;
}

/** Why a container is gone that its Pod has start anew with all the others. */
export const RESTARTING_ALL: WaitingReason = {
  reason: "RestartingAllContainers",
  message: "The container is removed because RestartAllContainers in place",
};

export interface ContainerStatusContext {
  pod: ReadonlyPod;
  runtimePod: RuntimePod;
  runtimeName: string;
  /** What is said of it in the status that was written last. */
  previous(name: string): DeepReadonly<ContainerStatus> | undefined;
  waiting(name: string): WaitingReason | undefined;
  terminationMessage(containerId: string): string | undefined;
  probes: {
    started(containerId: string, container: PodContainer): boolean;
    ready(containerId: string, container: PodContainer): boolean;
  };
  /** What a running container has. */
  resources(container: PodContainer, containerId: string): DeepReadonly<ResourceRequirements>;
  /** Nothing is started any more. */
  ended: boolean;
}

/** Metav1 times have whole seconds. */
/** Of what never began: the beginning of time, as upstream says it. */
const timeOrEpoch = (milliseconds: number): string => formatTime(Math.max(0, milliseconds));

/** All messages of a Pod together are no longer than this. */
const MOST_MESSAGE_BYTES = 12 * 1024;

function shortened(message: string, pod: ReadonlyPod): string {
  const most = Math.floor(MOST_MESSAGE_BYTES / allContainers(pod).length);
  const bytes = encodeUtf8(message);
  return bytes.length <= most ? message : decodeUtf8(bytes.subarray(0, most));
}

function stateOf(status: RuntimeContainer, { pod, runtimeName, terminationMessage }: ContainerStatusContext): ContainerState {
  if (status.state === "Running") return { running: { startedAt: timeOrEpoch(status.startedAtMs) } };
  if (status.state === "Created") return {};
  const message = shortened(terminationMessage(status.id) ?? status.message, pod);
  return {
    terminated: {
      exitCode: status.exitCode,
      ...(status.reason === "" ? {} : { reason: status.reason }),
      ...(message === "" ? {} : { message }),
      startedAt: timeOrEpoch(status.startedAtMs),
      finishedAt: timeOrEpoch(status.finishedAtMs),
      containerID: `${runtimeName}://${status.id}`,
    },
  };
}

export const isEmpty = (value: object | undefined): boolean => value === undefined || Object.keys(value).length === 0;

function resourcesOf(container: PodContainer, { id, state }: RuntimeContainer, context: ContainerStatusContext) {
  const resources = state === "Running" ? context.resources(container, id) : container.resources;
  return {
    ...(isEmpty(resources?.limits) ? {} : { limits: { ...resources?.limits } }),
    ...(isEmpty(resources?.requests) ? {} : { requests: { ...resources?.requests } }),
  };
}

const volumeMountsOf = ({ volumeMounts = [] }: PodContainer) =>
  volumeMounts.map(({ name, mountPath, readOnly, recursiveReadOnly }: DeepReadonly<VolumeMount>) => ({
    name,
    mountPath,
    ...(readOnly ? { readOnly, recursiveReadOnly: recursiveReadOnly === "Enabled" ? "Enabled" : "Disabled" } : {}),
  }));

/** The end of a run that nobody saw: the container was removed, to be started anew. */
const removed = (before: DeepReadonly<ContainerStatus> | undefined, why: WaitingReason | undefined) =>
  before?.state.running === undefined || why !== RESTARTING_ALL
    ? undefined
    : { ...RESTARTING_ALL, exitCode: 137, startedAt: null as unknown as string, finishedAt: null as unknown as string };

/** Before the runtime knows the container: what was known of it, or that it waits for its turn. */
function unknownState(container: PodContainer, kind: ContainerKind, context: ContainerStatusContext): Partial<ContainerStatus> {
  const { pod, previous, waiting } = context;
  const before = previous(container.name);
  // The runtime may have forgotten how it ended.
  if (before?.state.terminated !== undefined && waiting(container.name) === undefined) return cloneJson<ContainerStatus>(before);
  const hasInit = kind !== "ephemeral" && (pod.spec.initContainers ?? []).length > 0;
  const turn = hasInit ? { reason: "PodInitializing" } : { reason: "ContainerCreating" };
  const ended = before?.state.terminated ?? removed(before, waiting(container.name)) ?? before?.lastState.terminated;
  return {
    state: { waiting: waiting(container.name) ?? turn },
    lastState: ended === undefined ? {} : { terminated: { ...ended } },
    restartCount: before?.restartCount ?? 0,
    imageID: "",
    image: container.image ?? "",
  };
}

/** What ran is known: its state, or that it waits to be started again. */
function knownState(
  container: PodContainer,
  statuses: readonly RuntimeContainer[],
  context: ContainerStatusContext,
): Partial<ContainerStatus> {
  const { pod, runtimeName, waiting, ended } = context;
  const [newest, older] = statuses;
  if (newest === undefined) return {};
  let state = stateOf(newest, context);
  let lastState = older?.state === "Exited" ? stateOf(older, context) : {};
  if (older === undefined) {
    const before = context.previous(container.name)?.lastState.terminated;
    if (before !== undefined && newest.metadata.attempt > 0) lastState = { terminated: { ...before } };
  }
  const reason = waiting(container.name);
  if (isEmpty(state)) state = { waiting: reason ?? { reason: "ContainerCreating" } };
  else if (state.terminated && reason !== undefined && !ended && restartsAfter(pod, container, state.terminated.exitCode)) {
    lastState = { terminated: state.terminated };
    state = { waiting: reason };
  }
  return {
    state,
    lastState,
    restartCount: newest.metadata.attempt,
    containerID: `${runtimeName}://${newest.id}`,
    image: newest.image,
    imageID: newest.imageRef || newest.imageId,
    resources: resourcesOf(container, newest, context),
    ...(isEmpty(container.resources?.requests) ? {} : { allocatedResources: { ...container.resources.requests } }),
    ...(newest.user === undefined
      ? {}
      : { user: { linux: { ...newest.user, supplementalGroups: [...newest.user.supplementalGroups] } } }),
  };
}

export function containerStatus(container: PodContainer, kind: ContainerKind, context: ContainerStatusContext): ContainerStatus {
  const statuses = statusesOf(context.runtimePod, container.name);
  const fields = statuses.length === 0 ? unknownState(container, kind, context) : knownState(container, statuses, context);
  const mounts = volumeMountsOf(container);
  const status = {
    name: container.name,
    ready: false,
    ...fields,
    ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
  } as ContainerStatus;
  if (kind === "ephemeral") return status;
  const [newest] = statuses;
  const isRunning = newest !== undefined && status.state.running !== undefined;
  status.started = isRunning && context.probes.started(newest.id, container);
  const isInit = kind === "init" && container.restartPolicy !== "Always";
  if (isInit) status.ready = status.state.terminated?.exitCode === 0;
  else status.ready = status.started && newest !== undefined && context.probes.ready(newest.id, container);
  return status;
}
