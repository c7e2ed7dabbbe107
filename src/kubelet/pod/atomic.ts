/**
 * The death of a container in an atomic Pod, which ends the whole Pod (see api/core/pod/atomic.ts). Pure.
 *
 * App containers and sidecars die of a non-zero exit (a signal and the kernel's lack of memory are such), of a liveness or startup probe
 * that has failed for good, and of any exit where they are to run always. The normal end of a task is no death; neither is that of a
 * container which the kubelet stops to start it anew as its Pod now asks.
 */
import { isAtomic } from "../../api/core/pod/atomic.ts";
import type { ContainerStatus as SaidStatus } from "../../api/generated/core-v1.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { containerHash, HASH_ANNOTATION } from "../config/container-hash.ts";
import type { ContainerStatus } from "../runtime/runtime.ts";
import type { EndReason } from "../status/pod-status.ts";
import type { ProbeVerdicts } from "./actions.ts";
import { isSidecar, type NamedContainer, type ReadonlyPod } from "./containers.ts";
import { restartPolicyOf } from "./restart-policy.ts";
import { type RuntimePod, statusOf } from "./runtime-pod.ts";

export interface Death {
  named: NamedContainer;
  reason: EndReason;
}

export interface DeathContext {
  probes: ProbeVerdicts;
  /** What was said of the container last. */
  said(name: string): DeepReadonly<SaidStatus> | undefined;
  /** The kubelet itself has stopped that container. */
  wasStopped(containerId: string): boolean;
}

const CONTAINER_DIED = "ContainerDied";

/** How a container has died; undefined where it lives, waits for its first run, or has ended well. */
function causeOf(pod: ReadonlyPod, { container }: NamedContainer, runtimePod: RuntimePod, context: DeathContext) {
  const status = statusOf(runtimePod, container.name);
  if (status === undefined) {
    const isLost = context.said(container.name)?.containerID !== undefined && runtimePod.containers.length === 0;
    return isLost ? "could not be found any more" : undefined;
  }
  const probe = context.probes.failed(status.id);
  if (status.state === "Running" && probe !== undefined) return `failed its ${probe} probe`;
  if (status.state !== "Exited" || context.wasStopped(status.id) || isOutdated(status, container)) return undefined;
  if (status.exitCode === 0 && restartPolicyOf(pod, container) !== "Always") return undefined;
  return `ended with exit code ${status.exitCode}${status.reason === "" ? "" : ` (${status.reason})`}`;
}

function isOutdated({ annotations }: ContainerStatus, container: NamedContainer["container"]): boolean {
  const hash = annotations[HASH_ANNOTATION];
  return hash !== undefined && hash !== containerHash(container);
}

/** Of the first container that has died, in the order of the Pod's spec; undefined where the Pod is not atomic or all live. */
export function deathIn(pod: ReadonlyPod, runtimePod: RuntimePod, context: DeathContext): Death | undefined {
  if (!isAtomic(pod)) return undefined;
  const mortal: NamedContainer[] = [
    ...(pod.spec.initContainers ?? []).filter(isSidecar).map((container) => ({ container, kind: "init" as const })),
    ...pod.spec.containers.map((container) => ({ container, kind: "app" as const })),
  ];
  for (const named of mortal) {
    const cause = causeOf(pod, named, runtimePod, context);
    if (cause === undefined) continue;
    const message = `Container ${named.container.name} ${cause}: the Pod is atomic and ends with it`;
    return { named, reason: { reason: CONTAINER_DIED, message } };
  }
  return undefined;
}
