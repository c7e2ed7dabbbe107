/**
 * Writers of one object who got into each other's way take turns: the first attempt of a write is free, and whoever loses it waits
 * for those before it. So many writers of one object each succeed after a few attempts, however many there are.
 */

export interface Turns {
  /** Runs `work` when everybody who waited for `key` before is done. */
  take<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** True while somebody holds or waits for a turn of `key`. */
  busy(key: string): boolean;
}

export function turns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    busy: (key) => last.has(key),
    async take(key, work) {
      const before = last.get(key);
      const mine = before === undefined ? work() : before.then(work, work);
      last.set(key, mine);
      try {
        return await mine;
      } finally {
        if (last.get(key) === mine) last.delete(key);
      }
    },
  };
}
