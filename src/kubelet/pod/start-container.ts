/** Starts one container: image, configuration, create, start, postStart hook; each step fails with upstream's reason and Event. */

import { formatDuration } from "../../base/duration.ts";
import { containerHash, HASH_ANNOTATION } from "../config/container-hash.ts";
import type { LogOwner } from "../logs/files.ts";
import type { PodSandboxConfig } from "../runtime/config.ts";
import { type ContainerStatus, isRuntimeError } from "../runtime/runtime.ts";
import { fieldPath, type NamedContainer, podName, type ReadonlyPod } from "./containers.ts";
import type { PodContext } from "./context.ts";
import { removeEarlierRuns } from "./earlier-runs.ts";
import { killContainer } from "./kill.ts";
import { RETRY_MS, StartProblem } from "./problem.ts";
import { type RuntimePod, statusesOf, statusOf } from "./runtime-pod.ts";

export interface StartRequest {
  pod: ReadonlyPod;
  named: NamedContainer;
  runtimePod: RuntimePod;
  sandboxId: string;
  sandbox: PodSandboxConfig;
  podIps: readonly string[];
  /** How often it has been started already, where the runtime does not know any more. */
  restartsSaid: number | undefined;
  signal: AbortSignal;
}

/** The runtime's own words. */
const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const backoffKey = (pod: ReadonlyPod, name: string): string => `${pod.metadata.uid}_${name}`;

/** Throws CrashLoopBackOff where the container ended too recently. */
function checkCrashes(
  { crashes, clock, events }: PodContext,
  pod: ReadonlyPod,
  named: NamedContainer,
  status: ContainerStatus | undefined,
): void {
  if (status?.state !== "Exited") return;
  const { name } = named.container;
  const key = backoffKey(pod, name);
  const waitMs = crashes.remainingMs(key, status.finishedAtMs, clock.now());
  if (waitMs === 0) return crashes.next(key, status.finishedAtMs, clock.now());
  const message = `Back-off restarting failed container ${name} in pod ${podName(pod)}`;
  events.event(pod, "Warning", "BackOff", message, { fieldPath: fieldPath(named) });
  const delay = formatDuration(crashes.delayMs(key));
  throw new StartProblem("CrashLoopBackOff", `back-off ${delay} restarting failed container=${name} pod=${podName(pod)}`, waitMs);
}

/** Answers the container's id. Rejects with StartProblem, for which the last Event is told too. */
export async function startContainer(context: PodContext, request: StartRequest): Promise<string> {
  const { pod, named, runtimePod, signal } = request;
  const newest = statusOf(runtimePod, named.container.name);
  checkCrashes(context, pod, named, newest);
  let id: string;
  try {
    const made = madeBefore(request, newest) ?? (await createContainer(context, request, newest));
    id = made.id;
    await run(context, request, made);
  } catch (error) {
    if (signal.aborted) throw error;
    if (!(error instanceof StartProblem)) throw error;
    // A failed hook has had its Events.
    if (error.reason !== "PostStartHookError") {
      const said = ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"].includes(error.reason);
      const message = `Error: ${said ? error.reason : error.message}`;
      context.events.event(pod, "Warning", "Failed", message, { fieldPath: fieldPath(named) });
    }
    throw error;
  }
  await removeEarlierRuns(
    context,
    statusesOf(runtimePod, named.container.name).filter((each) => each.id !== id),
  );
  return id;
}

/** A container that was made, with its labels and the path of its log. */
type Made = LogOwner & { logPath: string };

/** A kubelet that died between making a container and starting it has left it: it is started now, and that is no restart. */
function madeBefore({ named, sandboxId }: StartRequest, newest: ContainerStatus | undefined): Made | undefined {
  if (newest?.state !== "Created" || newest.podSandboxId !== sandboxId) return undefined;
  return newest.annotations[HASH_ANNOTATION] === containerHash(named.container) ? newest : undefined;
}

/** What never ran does not count: it gives way to the one that is made now. */
async function attemptOf({ runtime }: PodContext, newest: ContainerStatus | undefined, restartsSaid = -1): Promise<number> {
  if (newest === undefined) return restartsSaid + 1;
  if (newest.state !== "Created") return newest.metadata.attempt + 1;
  await runtime.removeContainer(newest.id);
  return newest.metadata.attempt;
}

async function createContainer(context: PodContext, request: StartRequest, newest: ContainerStatus | undefined): Promise<Made> {
  const { runtime, images, configs, events } = context;
  const { pod, named, sandbox, sandboxId, podIps, restartsSaid, signal } = request;
  const credentials = (image: string) => configs.credentials(pod, image);
  const { reference, image } = await images.ensure({ pod, named, sandbox, credentials, signal });
  const attempt = await attemptOf(context, newest, restartsSaid);
  const config = await configs
    .container({ pod, named, attempt, image, imageReference: reference, podIps, ...targetOf(request) })
    .catch((error) => {
      throw new StartProblem("CreateContainerConfigError", wordsOf(error), RETRY_MS, error);
    });
  try {
    const id = await runtime.createContainer(sandboxId, config, sandbox, { signal });
    events.event(pod, "Normal", "Created", "Container created", { fieldPath: fieldPath(named) });
    return { id, labels: config.labels, logPath: `${sandbox.logDirectory}/${config.logPath}` };
  } catch (error) {
    if (!isRuntimeError(error)) throw error;
    throw new StartProblem("CreateContainerError", wordsOf(error), RETRY_MS, error);
  }
}

function targetOf({ pod, named, runtimePod }: StartRequest): { targetId?: string } {
  const target = pod.spec.ephemeralContainers?.find(({ name }) => name === named.container.name)?.targetContainerName;
  const status = target === undefined ? undefined : statusOf(runtimePod, target);
  return named.kind !== "ephemeral" || status === undefined ? {} : { targetId: status.id };
}

async function run(context: PodContext, { pod, named, podIps, signal }: StartRequest, made: Made): Promise<void> {
  const { runtime, events, runHook, logFiles } = context;
  const { id } = made;
  const about = { fieldPath: fieldPath(named) };
  try {
    await runtime.startContainer(id, { signal });
  } catch (error) {
    if (!isRuntimeError(error)) throw error;
    throw new StartProblem("RunContainerError", wordsOf(error), 0, error);
  }
  events.event(pod, "Normal", "Started", "Container started", about);
  await logFiles?.link(made, made.logPath);
  const handler = named.container.lifecycle?.postStart;
  if (handler === undefined) return;
  const podIp = podIps[0] ?? "";
  try {
    await runHook({ handler, pod, container: named.container, containerId: id, podIp, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    events.event(pod, "Warning", "FailedPostStartHook", "PostStartHook failed", about);
    const graceMs = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    await killContainer(context, pod, named, id, { graceMs, message: "FailedPostStartHook", podIp, signal });
    throw new StartProblem("PostStartHookError", wordsOf(error), 0, error);
  }
}
