/**
 * The phase of a Pod, from the states of its containers.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
 */
import type { ContainerStatus } from "../../api/generated/core-v1.ts";
import { isSidecar, type PodContainer, type ReadonlyPod } from "../pod/containers.ts";
import { restartsAfter } from "../pod/restart-policy.ts";
import { RESTARTING_ALL } from "./container-status.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";
type Statuses = ReadonlyMap<string, ContainerStatus>;

/** The exit it has come to: of the run that ended, or of the last one where it waits for the next. */
const exitOf = ({ state, lastState }: ContainerStatus): number | undefined =>
  state.terminated?.exitCode ?? (state.waiting ? lastState.terminated?.exitCode : undefined);

/** It is not the end: the container is started again, alone or with all the others. */
const goesOn = (pod: ReadonlyPod, container: PodContainer, { state }: ContainerStatus, exit: number): boolean =>
  state.waiting?.reason === RESTARTING_ALL.reason || restartsAfter(pod, container, exit);

interface InitProgress {
  pending: boolean;
  failed: boolean;
  /** Sidecars that run, and those that wait for their first run. */
  running: number;
  waiting: number;
  unknown: number;
}

function initProgress(pod: ReadonlyPod, statuses: Statuses): InitProgress {
  const progress: InitProgress = { pending: false, failed: false, running: 0, waiting: 0, unknown: 0 };
  for (const container of pod.spec.initContainers ?? []) {
    const status = statuses.get(container.name);
    if (isSidecar(container)) addSidecar(progress, status);
    else addInit(progress, pod, container, status);
  }
  return progress;
}

function addSidecar(progress: InitProgress, status: ContainerStatus | undefined): void {
  if (status === undefined) progress.unknown++;
  else if (status.state.running) {
    progress.running++;
    if (!status.started) progress.pending = true;
  } else if (status.state.waiting && !status.lastState.terminated) {
    progress.waiting++;
    progress.pending = true;
  }
}

function addInit(progress: InitProgress, pod: ReadonlyPod, container: PodContainer, status: ContainerStatus | undefined): void {
  const exit = status === undefined ? undefined : exitOf(status);
  if (exit === undefined || status === undefined) progress.pending = true;
  else if (exit !== 0 && !goesOn(pod, container, status, exit)) progress.failed = true;
  else if (exit !== 0) progress.pending = true;
}

/** `ended`: nothing of the Pod runs any more, and nothing will. */
export function phaseOf(pod: ReadonlyPod, all: readonly ContainerStatus[], ended: boolean): Phase {
  const statuses: Statuses = new Map(all.map((status) => [status.name, status]));
  const init = initProgress(pod, statuses);
  let [running, waiting, unknown] = [init.running, init.waiting, init.unknown];
  let [stopped, succeeded, restarting] = [0, 0, 0];
  let initialized = false;
  for (const container of pod.spec.containers) {
    const status = statuses.get(container.name);
    const exit = status === undefined ? undefined : exitOf(status);
    initialized ||= status !== undefined && (status.state.running !== undefined || exit !== undefined);
    if (status?.state.running) running++;
    else if (exit !== undefined && status !== undefined) {
      stopped++;
      if (exit === 0) succeeded++;
      if (goesOn(pod, container, status, exit)) restarting++;
    } else if (status?.state.waiting) waiting++;
    else unknown++;
  }
  if (init.failed) return "Failed";
  if ((init.pending && !initialized) || waiting > 0) return "Pending";
  if (unknown > 0) return "Pending";
  if (running > 0) return "Running";
  if (stopped === 0) return "Pending";
  if (ended || restarting === 0) return stopped === succeeded ? "Succeeded" : "Failed";
  return "Running";
}
