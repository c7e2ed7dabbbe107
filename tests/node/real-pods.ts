/** Pods on a real node: made from few words, waited for, and listened to. */
import type { Pod as PodType } from "../../src/api/core/pod/pod.ts";
import { isReady, Pod } from "../../src/api/core/pod/pod.ts";
import { decodeUtf8 } from "../../src/base/bytes.ts";
import type { Client } from "../../src/client/client.ts";
import { until } from "./namespaces.ts";

/** Any image with a shell does; first steps bring this one. */
export const IMAGE = "busybox:1.36";
const NAMESPACE = "default";

export interface PodWords {
  command?: readonly string[];
  /** Fields of the container. */
  container?: object;
  spec?: object;
  metadata?: object;
}

/** A Pod of one container `main`, which ends as fast as it is told to. */
export function podOf(name: string, { command, container, spec, metadata }: PodWords = {}): PodType {
  const words = command ?? ["sleep", "3600"];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: NAMESPACE, ...metadata },
    spec: {
      terminationGracePeriodSeconds: 1,
      ...spec,
      containers: [{ name: "main", image: IMAGE, command: words, ...container }],
    },
  } as unknown as PodType;
}

export const shell = (script: string): string[] => ["sh", "-c", script];

/** Resolves with the Pod as soon as it is as wanted. */
export async function podWhen(client: Client, name: string, what: string, holds: (pod: PodType) => boolean): Promise<PodType> {
  let pod: PodType | undefined;
  await until(
    `Pod ${name} ${what}: ${JSON.stringify(pod)}`,
    async () => {
      pod = await client.get(Pod, { namespace: NAMESPACE, name });
      return holds(pod);
    },
    30_000,
  ).catch(() => {
    throw new Error(`Pod ${name} never ${what}: ${JSON.stringify(pod?.status)}`);
  });
  return pod as PodType;
}

export async function runningPod(client: Client, name: string, words: PodWords = {}): Promise<PodType> {
  await client.create(Pod, podOf(name, words));
  return podWhen(client, name, "was ready", isReady);
}

export const hasEnded = ({ status }: PodType): boolean => status.phase === "Succeeded" || status.phase === "Failed";

/** Runs a command once; answers the Pod when it has ended well. */
export async function runToEnd(client: Client, name: string, command: readonly string[], words: PodWords = {}): Promise<PodType> {
  await client.create(Pod, podOf(name, { ...words, command, spec: { restartPolicy: "Never", ...words.spec } }));
  const pod = await podWhen(client, name, "ended", hasEnded);
  if (pod.status.phase === "Failed")
    throw new Error(`Pod ${name} failed: ${JSON.stringify(pod.status)}\n${await logOf(client, name)}`);
  return pod;
}

/** `query`: as `kubectl logs` asks. */
export async function logOf(client: Client, name: string, query = ""): Promise<string> {
  const { body } = await client.raw({ method: "GET", path: `/api/v1/namespaces/${NAMESPACE}/pods/${name}/log?${query}` });
  return decodeUtf8(body);
}
