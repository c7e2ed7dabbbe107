/** Pods as a client sees them: when each was bound, ran and was gone, from one watch. */
import { Pod } from "../src/api/core/pod/pod.ts";
import type { Client } from "../src/client/client.ts";

/** Milliseconds since the epoch, with fractions. */
export interface Sighting {
  boundMs?: number;
  runningMs?: number;
  goneMs?: number;
  containerId?: string;
}

export interface PodWatch {
  seen(name: string): Sighting;
  /** Resolves once the Pod runs, or is gone. Rejects after a while. */
  when(name: string, what: "running" | "gone"): Promise<void>;
  stop(): Promise<void>;
}

const LIMIT_MS = 300_000;

export const epochMs = (): number => performance.timeOrigin + performance.now();

export async function watchPods(client: Client, namespace: string): Promise<PodWatch> {
  const sightings = new Map<string, Sighting>();
  const waiting = new Map<string, () => void>();
  const stop = new AbortController();
  const seen = (name: string): Sighting => {
    const known = sightings.get(name) ?? {};
    sightings.set(name, known);
    return known;
  };
  const { resourceVersion } = await client.list(Pod, { namespace });
  const following = client.watch(Pod, { namespace, resourceVersion, signal: stop.signal }, (event) => {
    if (event.type === "BOOKMARK") return;
    const { metadata, spec, status } = event.object;
    const sighting = seen(metadata.name);
    const id = status.containerStatuses?.[0]?.containerID?.replace(/^.*:\/\//, "");
    if (id !== undefined) sighting.containerId = id;
    if (spec.nodeName) sighting.boundMs ??= epochMs();
    if (status.phase === "Running") {
      sighting.runningMs ??= epochMs();
      waiting.get(`${metadata.name} running`)?.();
    }
    if (event.type === "DELETED") {
      sighting.goneMs = epochMs();
      waiting.get(`${metadata.name} gone`)?.();
    }
  });
  return {
    seen,
    when: (name, what) =>
      new Promise((resolve, reject) => {
        const limit = setTimeout(() => reject(new Error(`Pod ${name} is not ${what}`)), LIMIT_MS);
        waiting.set(`${name} ${what}`, () => {
          clearTimeout(limit);
          resolve();
        });
      }),
    async stop() {
      stop.abort();
      await following;
    },
  };
}
