/** Keys that wait for a moment, on one timer however many they are. A key waits once: the earlier moment wins. */
import type { Clock, Timer } from "../base/clock.ts";

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

const before = (a: Waiting, b: Waiting): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);

/** A binary heap in an array: O(log n) in and out. */
function heap() {
  const items: Waiting[] = [];
  const swap = (a: number, b: number): void => {
    const [x, y] = [items[a], items[b]];
    if (x === undefined || y === undefined) return;
    items[a] = y;
    items[b] = x;
  };
  const isBefore = (a: number, b: number): boolean => {
    const [x, y] = [items[a], items[b]];
    return x !== undefined && y !== undefined && before(x, y);
  };
  return {
    items,
    push(item: Waiting): void {
      for (let index = items.push(item) - 1; index > 0; ) {
        const parent = (index - 1) >> 1;
        if (!isBefore(index, parent)) return;
        swap(index, parent);
        index = parent;
      }
    },
    pop(): void {
      const last = items.pop();
      if (last === undefined || items.length === 0) return;
      items[0] = last;
      for (let index = 0; ; ) {
        const left = 2 * index + 1;
        const child = isBefore(left + 1, left) ? left + 1 : left;
        if (!isBefore(child, index)) return;
        swap(index, child);
        index = child;
      }
    },
  };
}

export function delayHeap(clock: Clock, onDue: (key: string) => void): DelayHeap {
  // What a key waits for; heap entries that are not in here any more are stale and skipped when they come up.
  const waiting = new Map<string, Waiting>();
  const queue = heap();
  let timer: Timer | undefined;
  let timerDueMs = Number.POSITIVE_INFINITY;
  let sequence = 0;

  function arm(): void {
    for (let first = queue.items[0]; first !== undefined; first = queue.items[0]) {
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
    for (let first = queue.items[0]; first !== undefined && first.dueMs <= nowMs; first = queue.items[0]) {
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
      queue.items.length = 0;
      timer?.cancel();
      timer = undefined;
    },
  };
}
