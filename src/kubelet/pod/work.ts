/** What one Pod's worker knows and how it speaks: shared by its passes (converge.ts) and its end (end.ts). */
import type { ContainerStatus } from "../../api/generated/core-v1.ts";
import type { Logger } from "../../base/logger.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { WaitingReason } from "../status/container-status.ts";
import { type EndReason, podStatus } from "../status/pod-status.ts";
import type { StatusWriter } from "../status/writer.ts";
import { isTerminalPhase, type ReadonlyPod } from "./containers.ts";
import type { PodContext } from "./context.ts";
import { actualResources, type ResizeState } from "./resize.ts";
import { type RuntimePod, readRuntimePod } from "./runtime-pod.ts";
import type { TerminationMessages } from "./termination-message.ts";

export interface PodWork {
  readonly context: PodContext;
  readonly logger: Logger;
  readonly writer: StatusWriter;
  readonly messages: TerminationMessages;
  /** Why containers that should run do not. */
  readonly waiting: Map<string, WaitingReason>;
  /** With the resources that the node has promised to it. */
  pod: ReadonlyPod;
  /** As the API server has it. */
  desired: ReadonlyPod;
  readonly resize: ResizeState;
  /** What the runtime has, where the worker knows it from what it did itself; true until there is news. */
  known: { runtimePod: RuntimePod; news: number } | undefined;
  /** How often there was news. */
  news: number;
  /** The object is gone from the API server. */
  isGone: boolean;
  /** The node has taken the Pod, or refused it. */
  admitted: boolean;
  rejected: boolean;
  endReason: EndReason | undefined;
  /** Everything has ended, and the last status is set. */
  ended: boolean;
  /** The server was asked to remove the object. */
  removing: boolean;
  /** Failed attempts at the volumes, one after the other. */
  mountFailures: number;
  /** Ids of containers that were stopped to be started anew: their end is no failure. */
  readonly stoppedOnPurpose: Set<string>;
  /** The address to which the Pod's host ports lead; undefined while they are closed. */
  hostPortsIp: string | undefined;
  stopped: boolean;
  /** One more pass, now or after a while. */
  wake(): void;
  wakeAfter(delayMs: number): void;
  /** Says what is known once more, after a while. */
  showAfter(delayMs: number): void;
  /** The signal of the work under way: aborted when the Pod is to end, or to end sooner. */
  arm(graceMs?: number): AbortSignal;
  /** Lets virtual time go on while `wait` lasts: all that may take time is called like that. */
  outside<T>(wait: () => Promise<T>): Promise<T>;
}

export const isEnding = ({ isGone, pod, endReason, ended }: PodWork): boolean =>
  ended || isGone || endReason !== undefined || pod.metadata.deletionTimestamp !== undefined || isTerminalPhase(pod.status.phase);

export const readRuntime = ({ context, pod }: PodWork): Promise<RuntimePod> => readRuntimePod(context.runtime, pod.metadata.uid);

/** What the runtime has, for a pass: asked for only where it is not known already. */
export async function look(work: PodWork): Promise<RuntimePod> {
  const { known, news } = work;
  work.known = undefined;
  return known?.news === news ? known.runtimePod : readRuntime(work);
}

export const addressesOf = ({ pod, context }: PodWork, { sandboxes }: RuntimePod): readonly string[] =>
  pod.spec.hostNetwork ? context.hostIps() : (sandboxes.find(({ state }) => state === "Ready")?.ips ?? []);

/** What was said of a container last. */
export function saidOf({ writer }: PodWork, name: string): DeepReadonly<ContainerStatus> | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = writer.current;
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find((each) => each.name === name);
}

/** Says how the Pod is, from what the runtime has. */
export function report(work: PodWork, runtimePod: RuntimePod): void {
  const { context, pod, writer, messages, waiting, ended, endReason, resize } = work;
  const status = podStatus(
    {
      pod,
      runtimePod,
      runtimeName: context.runtimeName,
      waiting: (name) => waiting.get(name),
      terminationMessage: messages.get,
      probes: context.probes,
      resources: (container, id) => actualResources(work, container, id),
      resizing: [resize.pending, resize.inProgress].filter((condition) => condition !== undefined),
      ended,
      last: writer.current,
      endReason: ended ? endReason : undefined,
      hostIps: context.hostIps(),
      nowMs: context.clock.now(),
    },
    context.sumOfRequests,
  );
  writer.set(status);
  context.onStatus?.(pod, status);
}
