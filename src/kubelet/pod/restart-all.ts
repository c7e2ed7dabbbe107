/**
 * Starts every container of a Pod anew, in place: what runs is stopped, all are removed, the one that asked for it last, so that a
 * kubelet that dies meanwhile goes on.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-all-containers
 */
import { RESTARTING_ALL } from "../status/container-status.ts";
import { findContainer } from "./containers.ts";
import { killPod } from "./kill.ts";
import { restartsAll } from "./restart-policy.ts";
import type { RuntimePod } from "./runtime-pod.ts";
import { addressesOf, type PodWork, readRuntime, report } from "./work.ts";

export async function restartAllContainers(work: PodWork, runtimePod: RuntimePod, signal: AbortSignal): Promise<void> {
  const { context, pod, waiting } = work;
  const { runtime, probes } = context;
  const graceMs = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  const podIp = addressesOf(work, runtimePod)[0] ?? "";
  const ours = runtimePod.containers.filter(({ metadata: { name } }) => {
    const named = findContainer(pod, name);
    return named !== undefined && named.kind !== "ephemeral";
  });
  for (const { id } of ours) work.stoppedOnPurpose.add(id);
  await work.outside(() =>
    killPod(context, pod, { ...runtimePod, containers: ours }, { graceMs, podIp, signal, message: "killing" }),
  );
  for (const { metadata } of ours) waiting.set(metadata.name, RESTARTING_ALL);
  const asksForIt = ({ metadata: { name }, exitCode }: (typeof ours)[number]): boolean => {
    const container = findContainer(pod, name)?.container;
    return container !== undefined && restartsAll(container, exitCode);
  };
  const victims = ours.filter((status) => !asksForIt(status));
  for (const { id } of [...victims, ...ours.filter(asksForIt)]) {
    probes.forgetContainer(id);
    await work.outside(() => runtime.removeContainer(id));
  }
  report(work, await readRuntime(work));
}
