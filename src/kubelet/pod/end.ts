/**
 * The end of a Pod: its containers are stopped within the grace period, its sandbox and volumes taken down, its last status said. Then
 * the object goes, if it is to; what the runtime kept for `kubectl logs` goes with it.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
 */
import { Pod } from "../../api/core/pod/pod.ts";
import { isConflict, isNotFound } from "../../api/errors.ts";
import { assert } from "../../base/assert.ts";
import type { ReadonlyPod } from "./containers.ts";
import { removeRunsBeforeEnd } from "./earlier-runs.ts";
import { closeHostPorts } from "./host-ports.ts";
import { killPod } from "./kill.ts";
import { isRunning, LABELS, type RuntimePod } from "./runtime-pod.ts";
import { takeLeave } from "./take-leave.ts";
import { addressesOf, type PodWork, readRuntime, report } from "./work.ts";

/** A Pod that is to end at once still gets a moment. */
export const graceMsOf = ({ metadata, spec }: ReadonlyPod): number =>
  Math.max(1, metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30) * 1000;

export async function terminate(work: PodWork, runtimePod: RuntimePod): Promise<void> {
  const { context, pod, messages, waiting } = work;
  const { runtime, probes, volumes } = context;
  const { uid } = pod.metadata;
  probes.stopKilling(uid);
  const graceMs = graceMsOf(pod);
  const signal = work.arm(graceMs);
  const podIp = addressesOf(work, runtimePod)[0] ?? "";
  if (isRunning(runtimePod)) await work.outside(() => takeLeave(context, pod, runtimePod, { graceMs, signal }));
  await work.outside(() => killPod(context, pod, runtimePod, { graceMs, podIp, signal }));
  for (const { id, state } of runtimePod.sandboxes) if (state === "Ready") await work.outside(() => runtime.stopPodSandbox(id));
  await closeHostPorts(work);
  const last = await readRuntime(work);
  assert(!isRunning(last), "containers still run after they were stopped");
  await messages.read(last);
  work.ended = true;
  probes.forgetPod(uid);
  waiting.clear();
  report(work, last);
  await work.outside(() => removeRunsBeforeEnd(work, last));
  await work.outside(() => volumes.tearDown(pod));
  await context.configs.closeCgroup(pod);
  context.roomMade();
  work.wake();
}

/** Removes the object where that was asked for, and all the rest once it is gone. True where nothing is left. */
export async function leave(work: PodWork): Promise<boolean> {
  if (work.isGone) {
    await cleanUp(work);
    return true;
  }
  const { context, pod, writer, rejected } = work;
  if (pod.metadata.deletionTimestamp === undefined || work.removing) return false;
  // Deleted after its end: the last status speaks of the object as it is now.
  if (!rejected && writer.current.observedGeneration !== pod.metadata.generation) report(work, await readRuntime(work));
  await work.outside(() => writer.flushed());
  work.removing = true;
  const { name, namespace, uid } = pod.metadata;
  try {
    await context.client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0, uid });
  } catch (error) {
    work.removing = false;
    if (!isNotFound(error) && !isConflict(error)) throw error;
    work.isGone = true;
    work.wake();
  }
  return false;
}

async function cleanUp(work: PodWork): Promise<void> {
  const { context, pod } = work;
  const { runtime, volumes, configs, logFiles } = context;
  const filter = { labels: { [LABELS.podUid]: pod.metadata.uid } };
  const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes(filter), runtime.listContainers(filter)]);
  for (const container of containers) {
    await work.outside(() => runtime.removeContainer(container.id));
    await logFiles?.remove(container);
  }
  for (const { id } of sandboxes) await work.outside(() => runtime.removePodSandbox(id));
  await work.outside(() => volumes.tearDown(pod));
  await configs.cleanUp(pod);
}
