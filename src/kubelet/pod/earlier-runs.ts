/**
 * Of the ended runs of a container only the last is kept: for `lastState` and `kubectl logs --previous`.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/#container-image-garbage-collection
 */
import type { ContainerStatus } from "../runtime/runtime.ts";
import { allContainers } from "./containers.ts";
import type { PodContext } from "./context.ts";
import { type RuntimePod, statusesOf } from "./runtime-pod.ts";
import type { PodWork } from "./work.ts";

/** `runs`: of one container, none of them running. What never ran is kept for nothing. */
export async function removeEarlierRuns(context: PodContext, runs: readonly ContainerStatus[]): Promise<void> {
  const { runtime, probes, logFiles } = context;
  const last = runs.find(({ state }) => state === "Exited");
  for (const run of runs.filter((each) => each !== last)) {
    probes.forgetContainer(run.id);
    await runtime.removeContainer(run.id);
    await logFiles?.remove(run, run.logPath);
  }
}

/** Of containers that have ended; the status has said how the run before went. */
export async function removeRunsBeforeEnd({ context, pod }: PodWork, runtimePod: RuntimePod): Promise<void> {
  for (const { container } of allContainers(pod)) {
    const runs = statusesOf(runtimePod, container.name);
    if (runs[0]?.state === "Exited") await removeEarlierRuns(context, runs);
  }
}
