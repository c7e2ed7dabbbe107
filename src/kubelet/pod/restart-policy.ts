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
function ruleAction(container: PodContainer, exitCode: number): string | undefined {
  return (container.restartPolicyRules ?? []).find(({ exitCodes }) => {
    if (!exitCodes) return false;
    const listed = (exitCodes.values ?? []).includes(exitCode);
    return exitCodes.operator === "In" ? listed : exitCodes.operator === "NotIn" && !listed;
  })?.action;
}

const RESTARTING: readonly (string | undefined)[] = ["Restart", "RestartAllContainers"];

/** KEP-5532: whether such an end has every container of the Pod start anew, init containers first. */
export const restartsAll = (container: PodContainer, exitCode: number): boolean =>
  ruleAction(container, exitCode) === "RestartAllContainers";

/** Whether the Pod has a rule of that kind. */
export const mayRestartAll = ({ spec }: ReadonlyPod): boolean =>
  [...(spec.initContainers ?? []), ...spec.containers].some(({ restartPolicyRules = [] }) =>
    restartPolicyRules.some(({ action }) => action === "RestartAllContainers"),
  );

/** `exitCode` undefined: it never ran. */
export function restartsAfter(pod: ReadonlyPod, container: PodContainer, exitCode: number | undefined): boolean {
  if (exitCode === undefined || RESTARTING.includes(ruleAction(container, exitCode))) return true;
  const policy = restartPolicyOf(pod, container);
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

/** Whether the kubelet keeps the container going after it had to kill it. */
export const restartsWhenKilled = (pod: ReadonlyPod, container: PodContainer): boolean =>
  restartPolicyOf(pod, container) !== "Never";
