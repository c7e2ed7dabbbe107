/** All moments that a kubelet waits for, on one timer of its clock: probes, back-offs, deadlines, leases. */
import type { Clock, Timer } from "../base/clock.ts";
import { Heap } from "../base/heap.ts";

export interface Wheel {
  /** Runs `run` once, `delayMs` from now. Callbacks of one moment run in the order in which they were set. */
  after(delayMs: number, run: () => void): Timer;
  stop(): void;
}

interface Entry {
  dueMs: number;
  sequence: number;
  run: (() => void) | undefined;
}

export function createWheel(clock: Clock): Wheel {
  const entries = new Heap<Entry>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence));
  let timer: Timer | undefined;
  let armedMs = Number.POSITIVE_INFINITY;
  let sequence = 0;
  let stopped = false;

  function arm(): void {
    while (entries.first !== undefined && entries.first.run === undefined) entries.pop();
    const dueMs = entries.first?.dueMs;
    if (dueMs === undefined || armedMs <= dueMs || stopped) return;
    timer?.cancel();
    armedMs = dueMs;
    timer = clock.after(dueMs - clock.monotonic(), fire);
  }

  function fire(): void {
    armedMs = Number.POSITIVE_INFINITY;
    timer = undefined;
    const nowMs = clock.monotonic();
    for (let first = entries.first; first !== undefined && first.dueMs <= nowMs; first = entries.first) {
      entries.pop();
      const { run } = first;
      first.run = undefined;
      run?.();
    }
    arm();
  }

  return {
    after(delayMs, run) {
      const entry: Entry = { dueMs: clock.monotonic() + Math.max(0, delayMs), sequence: sequence++, run };
      entries.push(entry);
      arm();
      return {
        cancel() {
          entry.run = undefined;
        },
      };
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
