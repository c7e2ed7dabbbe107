/** Keys that wait for a moment, on one timer however many they are. A key waits once: the earlier moment wins. */
import type { Clock, Timer } from "../base/clock.ts";
import { Heap } from "../base/heap.ts";

export interface DelayHeap {
  readonly size: number;
  add(key: string, delayMs: number): void;
  remove(key: string): void;
  clear(): void;
}

interface Waiting {
  key: string;
  dueMs: number;
  sequence: number;
}

export function delayHeap(clock: Clock, onDue: (key: string) => void): DelayHeap {
  // What a key waits for; heap entries that are not in here any more are stale and skipped when they come up.
  const waiting = new Map<string, Waiting>();
  const queue = new Heap<Waiting>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence));
  let timer: Timer | undefined;
  let timerDueMs = Number.POSITIVE_INFINITY;
  let sequence = 0;

  function arm(): void {
    for (let first = queue.first; first !== undefined; first = queue.first) {
      if (waiting.get(first.key) !== first) {
        queue.pop();
        continue;
      }
      if (timer !== undefined && timerDueMs <= first.dueMs) return;
      timer?.cancel();
      timerDueMs = first.dueMs;
      timer = clock.after(first.dueMs - clock.monotonic(), fire);
      return;
    }
  }

  function fire(): void {
    timer = undefined;
    timerDueMs = Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonic();
    for (let first = queue.first; first !== undefined && first.dueMs <= nowMs; first = queue.first) {
      queue.pop();
      if (waiting.get(first.key) !== first) continue;
      waiting.delete(first.key);
      onDue(first.key);
    }
    arm();
  }

  return {
    get size() {
      return waiting.size;
    },
    add(key, delayMs) {
      const item = { key, dueMs: clock.monotonic() + Math.max(0, delayMs), sequence: sequence++ };
      const earlier = waiting.get(key);
      if (earlier !== undefined && earlier.dueMs <= item.dueMs) return;
      waiting.set(key, item);
      queue.push(item);
      arm();
    },
    remove: (key) => void waiting.delete(key),
    clear() {
      waiting.clear();
      queue.clear();
      timer?.cancel();
      timer = undefined;
    },
  };
}
