/** Cores in use, from processor time that only grows: between two looks, or since the start where there was no earlier one. */
import { recentMap } from "../../base/recent-map.ts";
import type { CpuSample } from "./samples.ts";

interface Look {
  timeMs: number;
  coreNanoSeconds: number;
  nanoCores: number;
}

/** Looks closer to each other than this say nothing: the earlier answer stands. */
const LEAST_MS = 1_000;
const MOST_KEYS = 4_096;

/** `key`: whose time it is; `startedAtMs`: since when it counts. */
export type Rates = (key: string, look: { timeMs: number; coreNanoSeconds: number }, startedAtMs: number) => CpuSample;

const rateOf = (coreNanoSeconds: number, durationMs: number): number =>
  durationMs <= 0 ? 0 : Math.max(0, Math.round((coreNanoSeconds / durationMs) * 1_000));

export function createRates(): Rates {
  const looks = recentMap<string, Look>(MOST_KEYS);
  return (key, { timeMs, coreNanoSeconds }, startedAtMs) => {
    const before = looks.get(key);
    const whole = { timeMs, coreNanoSeconds };
    if (before !== undefined && before.timeMs <= timeMs && timeMs - before.timeMs < LEAST_MS)
      return { ...whole, nanoCores: before.nanoCores };
    const isGrowing = before !== undefined && before.coreNanoSeconds <= coreNanoSeconds && before.timeMs < timeMs;
    const nanoCores = isGrowing
      ? rateOf(coreNanoSeconds - before.coreNanoSeconds, timeMs - before.timeMs)
      : rateOf(coreNanoSeconds, timeMs - startedAtMs);
    looks.set(key, { ...whole, nanoCores });
    return { ...whole, nanoCores };
  };
}
