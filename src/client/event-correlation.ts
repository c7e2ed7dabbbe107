/**
 * What becomes of an event before it is written, as in client-go: a component that shouts about one object is cut short, many
 * similar events become one, and an event that came before is counted up.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import type { Event } from "../api/core/event.ts";
import type { Clock } from "../base/clock.ts";
import { recentMap } from "../base/recent-map.ts";

/** Per component and object: that many at once, then one in `REFILL_MS`. */
const BURST = 25;
const REFILL_MS = 300_000;
/** Events of one reason with that many different messages within `SIMILAR_MS` are written as one. */
const SIMILAR = 10;
const SIMILAR_MS = 600_000;
/** Objects, reasons and events remembered each. */
const REMEMBERED = 4096;

export interface Correlated {
  /** The event as it is to be written. */
  event: Event;
  /** Where it is known: the event of the same words, counted up by one. */
  repeats: boolean;
  /** Under this name `written` remembers it. */
  key: string;
}

export interface EventCorrelator {
  /** Undefined where the event is dropped. */
  correlate(event: Event): Correlated | undefined;
  /** The server has it: later ones are counted up from here. */
  written(key: string, event: Event): void;
  forget(key: string): void;
}

const objectOf = ({ source, involvedObject: o }: Event): string =>
  [source?.component, source?.host, o.kind, o.namespace, o.name, o.uid, o.apiVersion].join("\0");

const similarityOf = (event: Event): string =>
  [objectOf(event), event.involvedObject.fieldPath, event.type, event.reason, event.reportingComponent].join("\0");

export function eventCorrelator(clock: Clock): EventCorrelator {
  const buckets = recentMap<string, { tokens: number; atMs: number }>(REMEMBERED);
  const similar = recentMap<string, { messages: Set<string>; atMs: number }>(REMEMBERED);
  const known = recentMap<string, { name: string; count: number; firstTimestamp: string | null }>(REMEMBERED);

  function admits(event: Event): boolean {
    const nowMs = clock.monotonic();
    const bucket = buckets.get(objectOf(event)) ?? { tokens: BURST, atMs: nowMs };
    const tokens = Math.min(BURST, bucket.tokens + (nowMs - bucket.atMs) / REFILL_MS);
    const admitted = tokens >= 1;
    buckets.set(objectOf(event), { tokens: admitted ? tokens - 1 : tokens, atMs: nowMs });
    return admitted;
  }

  /** The key under which the event counts, and whether it stands for many. */
  function aggregate(event: Event): { key: string; combined: boolean } {
    const nowMs = clock.monotonic();
    const group = similarityOf(event);
    let seen = similar.get(group);
    if (seen === undefined || nowMs - seen.atMs > SIMILAR_MS) seen = { messages: new Set(), atMs: nowMs };
    seen.atMs = nowMs;
    seen.messages.add(event.message ?? "");
    similar.set(group, seen);
    if (seen.messages.size < SIMILAR) return { key: `${group}\0${event.message}`, combined: false };
    // Which ones they were does not matter any more: one less than the limit keeps the set small.
    for (const oldest of seen.messages) {
      seen.messages.delete(oldest);
      break;
    }
    return { key: group, combined: true };
  }

  return {
    correlate(event) {
      const { key, combined } = aggregate(event);
      const message = combined ? `(combined from similar events): ${event.message}` : event.message;
      const before = known.get(key);
      if (!admits(event)) return undefined;
      const correlated: Event = { ...event, ...(message === undefined ? {} : { message }) };
      if (before === undefined) return { event: correlated, repeats: false, key };
      const { name, count, firstTimestamp } = before;
      return {
        event: { ...correlated, metadata: { ...event.metadata, name }, count: count + 1, firstTimestamp } as Event,
        repeats: true,
        key,
      };
    },
    written(key, event) {
      known.set(key, { name: event.metadata.name, count: event.count ?? 1, firstTimestamp: event.firstTimestamp ?? null });
    },
    forget: (key) => known.delete(key),
  };
}
