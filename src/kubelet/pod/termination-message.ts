/**
 * What containers say when they end: their termination message file, or the end of their log where they failed silently.
 * https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
 */
import { concatBytes, decodeUtf8 } from "../../base/bytes.ts";
import { ANNOTATIONS } from "../config/container.ts";
import type { ContainerOutput } from "../runtime/output.ts";
import type { ContainerStatus } from "../runtime/runtime.ts";
import type { RuntimePod } from "./runtime-pod.ts";

const MOST_BYTES = 4_096;
const MOST_LOG_BYTES = 2_048;
const MOST_LOG_LINES = 80;

export interface TerminationMessages {
  /** Reads those that are not known yet; a container that has ended says nothing new. */
  read(runtimePod: RuntimePod): Promise<void>;
  get(containerId: string): string | undefined;
}

async function endOfLog(output: ContainerOutput, { id, logPath }: ContainerStatus): Promise<string> {
  const parts: Uint8Array[] = [];
  const never = new AbortController();
  const options = { follow: false, tailLines: MOST_LOG_LINES, ended: () => true, signal: never.signal };
  for await (const { bytes } of output.logs({ containerId: id, path: logPath }, options)) parts.push(bytes);
  const all = concatBytes(parts);
  return decodeUtf8(all.subarray(Math.max(0, all.length - MOST_LOG_BYTES)));
}

export function createTerminationMessages(output: ContainerOutput): TerminationMessages {
  const known = new Map<string, string>();

  async function messageOf(status: ContainerStatus): Promise<string> {
    const { annotations, mounts, exitCode, id } = status;
    const path = annotations[ANNOTATIONS.terminationMessagePath] ?? "";
    const hostPath = mounts.find(({ containerPath }) => containerPath === path)?.hostPath ?? path;
    const written = await output.terminationMessage({ containerId: id, path: hostPath }, MOST_BYTES);
    const fallsBack = annotations[ANNOTATIONS.terminationMessagePolicy] === "FallbackToLogsOnError";
    if (written !== undefined && written !== "") return written;
    return fallsBack && exitCode !== 0 ? endOfLog(output, status) : "";
  }

  return {
    async read({ containers }) {
      const present = new Set(containers.map(({ id }) => id));
      for (const id of known.keys()) if (!present.has(id)) known.delete(id);
      for (const status of containers) {
        if (status.state === "Exited" && !known.has(status.id)) known.set(status.id, await messageOf(status));
      }
    },
    get: (containerId) => known.get(containerId) || undefined,
  };
}
