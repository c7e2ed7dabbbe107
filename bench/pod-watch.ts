/** Pods as a client sees them: when each was bound, ran and was gone, from one watch whose events are searched, not parsed. */
import { Connection } from "./connection.ts";
import type { Target } from "./target.ts";

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
  stop(): void;
}

const LIMIT_MS = 300_000;

export const epochMs = (): number => performance.timeOrigin + performance.now();

const NAME = /"metadata":\{"name":"([^"]+)"/;
const CONTAINER_ID = /"containerID":"[^"]*:\/\/([^"]+)"/;

/** Calls `onEvent` with each line that is an event: lengths of chunks stand on lines of their own. */
function eventLines(onEvent: (line: string) => void): (bytes: Buffer) => void {
  let rest = "";
  return (bytes) => {
    const lines = (rest + bytes.toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith('{"type":')) onEvent(line);
  };
}

export async function watchPods(target: Target, namespace: string): Promise<PodWatch> {
  const sightings = new Map<string, Sighting>();
  const waiting = new Map<string, () => void>();
  const seen = (name: string): Sighting => {
    const known = sightings.get(name) ?? {};
    sightings.set(name, known);
    return known;
  };
  const connection = await Connection.open(target);
  connection.stream(
    `/api/v1/namespaces/${namespace}/pods?watch=true`,
    eventLines((line) => {
      const name = NAME.exec(line)?.[1];
      if (name === undefined) return;
      const sighting = seen(name);
      const id = CONTAINER_ID.exec(line)?.[1];
      if (id !== undefined) sighting.containerId = id;
      if (line.includes('"nodeName":')) sighting.boundMs ??= epochMs();
      if (line.includes('"phase":"Running"')) {
        sighting.runningMs ??= epochMs();
        waiting.get(`${name} running`)?.();
      }
      if (line.startsWith('{"type":"DELETED"')) {
        sighting.goneMs = epochMs();
        waiting.get(`${name} gone`)?.();
      }
    }),
  );
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
    stop: () => connection.close(),
  };
}
