/** Entries of several logs as one: chosen by component, level and time, in the order in which they were said. */
import type { LogLevel } from "../../base/logger.ts";
import type { LogSource } from "./components.ts";
import { isAtLeast, type LogEntry } from "./entry.ts";
import { entriesOf } from "./reading.ts";

export interface Wanted {
  level?: LogLevel | undefined;
  /** Only entries from then on, in milliseconds since the epoch. */
  sinceMs?: number | undefined;
}

export interface SourcedEntry extends LogEntry {
  readonly process: LogSource["process"];
}

export const isWanted = (entry: LogEntry, { component }: LogSource, { level, sinceMs }: Wanted): boolean =>
  (component === undefined || entry.component === component) &&
  (level === undefined || isAtLeast(entry.level, level)) &&
  (sinceMs === undefined || entry.timeMs >= sinceMs);

async function* wantedOf(source: LogSource, wanted: Wanted): AsyncGenerator<SourcedEntry> {
  for await (const entry of entriesOf(source.path))
    if (isWanted(entry, source, wanted)) yield { ...entry, process: source.process };
}

/** Merges logs by time; holds one entry of each. */
export async function* select(sources: readonly LogSource[], wanted: Wanted): AsyncGenerator<SourcedEntry> {
  const streams = sources.map((source) => wantedOf(source, wanted));
  const heads = await Promise.all(streams.map((stream) => stream.next()));
  for (;;) {
    let first = -1;
    for (const [at, head] of heads.entries())
      if (!head.done && (first === -1 || head.value.timeMs < (heads[first]?.value?.timeMs ?? 0))) first = at;
    const head = heads[first];
    const stream = streams[first];
    if (head === undefined || head.done || stream === undefined) return;
    yield head.value;
    heads[first] = await stream.next();
  }
}

/** The last `count` of them. */
export async function last(entries: AsyncIterable<SourcedEntry>, count: number): Promise<SourcedEntry[]> {
  const kept: SourcedEntry[] = [];
  for await (const entry of entries) {
    kept.push(entry);
    // Cut now and then, not each time.
    if (kept.length >= 2 * count + 16) kept.splice(0, kept.length - count);
  }
  return count === 0 ? [] : kept.slice(-count);
}
