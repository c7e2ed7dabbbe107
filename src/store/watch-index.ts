/** Finds the watches of a key through their prefixes, without asking all of them. */

export interface WatchIndex<W> {
  add(prefix: string, watcher: W): void;
  remove(prefix: string, watcher: W): void;
  /** Every watcher whose prefix `key` starts with. */
  forEach(key: string, visit: (watcher: W) => void): void;
}

/** Prefixes end with a slash nearly always; the others are tried one by one. */
export function watchIndex<W>(): WatchIndex<W> {
  const bySegment = new Map<string, Set<W>>();
  const others = new Map<W, string>();
  return {
    add(prefix, watcher) {
      const known = bySegment.get(prefix);
      if (!prefix.endsWith("/")) others.set(watcher, prefix);
      else if (known === undefined) bySegment.set(prefix, new Set([watcher]));
      else known.add(watcher);
    },
    remove(prefix, watcher) {
      others.delete(watcher);
      const known = bySegment.get(prefix);
      if (known?.delete(watcher) && known.size === 0) bySegment.delete(prefix);
    },
    forEach(key, visit) {
      for (let slash = key.indexOf("/"); slash >= 0; slash = key.indexOf("/", slash + 1)) {
        bySegment.get(key.slice(0, slash + 1))?.forEach(visit);
      }
      for (const [watcher, prefix] of others) if (key.startsWith(prefix)) visit(watcher);
    },
  };
}
