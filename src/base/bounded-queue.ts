/** A first-in-first-out queue with a limit. Every queue in Timonier has one: what is full says so, it never grows silently. */
export interface BoundedQueue<T> {
  readonly size: number;
  /** False where the queue is full: the caller decides what to give up. */
  push(item: T): boolean;
  shift(): T | undefined;
  clear(): void;
}

export function boundedQueue<T>(limit: number): BoundedQueue<T> {
  let items: (T | undefined)[] = [];
  let head = 0;
  return {
    get size() {
      return items.length - head;
    },
    push(item) {
      if (items.length - head >= limit) return false;
      items.push(item);
      return true;
    },
    shift() {
      if (head === items.length) return undefined;
      const item = items[head];
      items[head++] = undefined;
      if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
    clear() {
      items = [];
      head = 0;
    },
  };
}
