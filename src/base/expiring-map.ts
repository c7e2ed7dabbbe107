/** Answers that are good for a while: bounded, each asked for once however many want it at the same time. */
import type { Clock } from "./clock.ts";
import { recentMap } from "./recent-map.ts";

export interface ExpiringMap<V> {
  /** The answer that is still good; otherwise that of `ask`, kept for as long as `keepMs` says (0: not at all). Rejections are not kept. */
  get(key: string, ask: () => Promise<V>): Promise<V>;
}

export interface ExpiringMapOptions<V> {
  clock: Clock;
  /** What was not used for longest makes room. */
  limit: number;
  keepMs(answer: V): number;
}

interface Entry<V> {
  answer: Promise<V>;
  /** Infinite while it is asked for. */
  goodUntilMs: number;
}

export function expiringMap<V>({ clock, limit, keepMs }: ExpiringMapOptions<V>): ExpiringMap<V> {
  const entries = recentMap<string, Entry<V>>(limit);
  return {
    get(key, ask) {
      const known = entries.get(key);
      if (known !== undefined && clock.monotonic() < known.goodUntilMs) return known.answer;
      const entry: Entry<V> = { answer: ask(), goodUntilMs: Number.POSITIVE_INFINITY };
      entries.set(key, entry);
      entry.answer.then(
        (answer) => {
          entry.goodUntilMs = clock.monotonic() + keepMs(answer);
        },
        () => {
          if (entries.get(key) === entry) entries.delete(key);
        },
      );
      return entry.answer;
    },
  };
}
