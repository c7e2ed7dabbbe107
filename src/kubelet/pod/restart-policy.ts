/**
 * Whether a container that has ended is started again: its own policy and rules, or its Pod's.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restarts
 */
import type { PodContainer, ReadonlyPod } from "./containers.ts";
import { isSidecar } from "./containers.ts";

export type RestartPolicy = "Always" | "OnFailure" | "Never";

/** The container's own, or its Pod's. */
export function restartPolicyOf(pod: ReadonlyPod, container: PodContainer): RestartPolicy {
  if (isSidecar(container)) return "Always";
  return (container.restartPolicy as RestartPolicy | undefined) ?? pod.spec.restartPolicy;
}

/** KEP-5307: the first rule that fits decides. */
function ruleSaysRestart(container: PodContainer, exitCode: number): boolean {
  return (container.restartPolicyRules ?? []).some(({ action, exitCodes }) => {
    if (action !== "Restart" || !exitCodes) return false;
    const listed = (exitCodes.values ?? []).includes(exitCode);
    return exitCodes.operator === "In" ? listed : exitCodes.operator === "NotIn" && !listed;
  });
}

/** `exitCode` undefined: it never ran. */
export function restartsAfter(pod: ReadonlyPod, container: PodContainer, exitCode: number | undefined): boolean {
  if (exitCode === undefined || ruleSaysRestart(container, exitCode)) return true;
  const policy = restartPolicyOf(pod, container);
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

/** Whether the kubelet keeps the container going after it had to kill it. */
export const restartsWhenKilled = (pod: ReadonlyPod, container: PodContainer): boolean =>
  restartPolicyOf(pod, container) !== "Never";
