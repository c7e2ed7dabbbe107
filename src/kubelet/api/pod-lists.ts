/** The Pods of the node: those that it is told to run, and those that the runtime has. */
import type { HttpResponse } from "../../base/http.ts";
import { LABELS } from "../pod/runtime-pod.ts";
import type { PodWorker } from "../pod/worker.ts";
import type { RuntimeService } from "../runtime/runtime.ts";
import { json } from "./answers.ts";

const podList = (items: readonly object[]): HttpResponse => json({ kind: "PodList", apiVersion: "v1", metadata: {}, items });

export const pods = (workers: Iterable<PodWorker>): HttpResponse =>
  podList([...workers].map(({ pod, status }) => ({ ...pod, status })));

/** By the runtime alone: name, namespace and uid, with the containers that run. */
export async function runningPods(runtime: Pick<RuntimeService, "listPodSandboxes" | "listContainers">): Promise<HttpResponse> {
  const [sandboxes, containers] = await Promise.all([
    runtime.listPodSandboxes({ state: "Ready" }),
    runtime.listContainers({ state: "Running" }),
  ]);
  const items = sandboxes
    .filter(({ labels }) => labels[LABELS.podUid] !== undefined)
    .map(({ id, metadata: { name, namespace, uid } }) => ({
      metadata: { name, namespace, uid },
      spec: {
        containers: containers
          .filter(({ podSandboxId }) => podSandboxId === id)
          .map(({ metadata, image }) => ({ name: metadata.name, image, resources: {} })),
      },
      status: {},
    }));
  return podList(items);
}
