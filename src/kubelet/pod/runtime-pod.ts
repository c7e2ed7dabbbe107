/** What the runtime has of one Pod: its sandboxes and containers, the newest first. All state that a kubelet finds again after a restart. */
import type { CallOptions, ContainerStatus, PodSandboxStatus, RuntimeService } from "../runtime/runtime.ts";
import { isRuntimeError } from "../runtime/runtime.ts";

/** Labels by which sandboxes and containers are found again: upstream's, since tools of the node read them. */
export const LABELS = {
  podName: "io.kubernetes.pod.name",
  podNamespace: "io.kubernetes.pod.namespace",
  podUid: "io.kubernetes.pod.uid",
  containerName: "io.kubernetes.container.name",
} as const;

export interface RuntimePod {
  sandboxes: readonly PodSandboxStatus[];
  containers: readonly ContainerStatus[];
}

export const NOTHING: RuntimePod = { sandboxes: [], containers: [] };

const newestFirst = (a: { createdAtMs: number; metadata: { attempt: number } }, b: typeof a): number =>
  b.metadata.attempt - a.metadata.attempt || b.createdAtMs - a.createdAtMs;

/** Undefined where the thing went away meanwhile. */
async function present<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isRuntimeError(error, "NotFound")) return undefined;
    throw error;
  }
}

const isThere = <T>(value: T | undefined): value is T => value !== undefined;

export async function readRuntimePod(runtime: RuntimeService, uid: string, options?: CallOptions): Promise<RuntimePod> {
  const filter = { labels: { [LABELS.podUid]: uid } };
  const [sandboxes, containers] = await Promise.all([
    runtime.listPodSandboxes(filter, options),
    runtime.listContainers(filter, options),
  ]);
  const [sandboxStatuses, containerStatuses] = await Promise.all([
    Promise.all(sandboxes.map(({ id }) => present(runtime.podSandboxStatus(id, options)))),
    Promise.all(containers.map(({ id }) => present(runtime.containerStatus(id, options)))),
  ]);
  return {
    sandboxes: sandboxStatuses.filter(isThere).sort(newestFirst),
    containers: containerStatuses.filter(isThere).sort(newestFirst),
  };
}

/** The newest first. */
export const statusesOf = ({ containers }: RuntimePod, name: string): ContainerStatus[] =>
  containers.filter(({ metadata }) => metadata.name === name);

export const statusOf = ({ containers }: RuntimePod, name: string): ContainerStatus | undefined =>
  containers.find(({ metadata }) => metadata.name === name);

export const isRunning = ({ containers }: RuntimePod): boolean => containers.some(({ state }) => state === "Running");
