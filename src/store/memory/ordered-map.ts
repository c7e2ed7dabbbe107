/**
 * A map in the order of its keys: a B-tree of two levels. Leaves hold at most LEAF_LIMIT keys; the root is the list of leaves. An
 * insertion is two binary searches and a move within one leaf, so its cost hardly depends on the number of keys (below some
 * millions).
 */
const LEAF_LIMIT = 256;

interface Leaf<V> {
  readonly keys: string[];
  readonly values: V[];
}

export interface OrderedMap<V> {
  readonly size: number;
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  /** Values in the order of their keys, from the first key not less than `from`, until `visit` returns false. */
  walk(from: string, visit: (value: V, key: string) => boolean): void;
}

/** The first index whose key is not less than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function orderedMap<V>(): OrderedMap<V> {
  const leaves: Leaf<V>[] = [];
  const byKey = new Map<string, V>();

  /** The leaf that holds `key` or would: the first whose last key is not less; the last leaf where there is none. */
  function leafIndex(key: string): number {
    let low = 0;
    let high = leaves.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((leaves[middle]?.keys.at(-1) ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function insert(key: string, value: V): void {
    if (leaves.length === 0) leaves.push({ keys: [], values: [] });
    const index = leafIndex(key);
    const leaf = leaves[index];
    if (leaf === undefined) return;
    const at = lowerBound(leaf.keys, key);
    leaf.keys.splice(at, 0, key);
    leaf.values.splice(at, 0, value);
    if (leaf.keys.length <= LEAF_LIMIT) return;
    // Keys that come in order fill their leaves: the new one starts nearly empty.
    const half = at === leaf.keys.length - 1 ? LEAF_LIMIT : LEAF_LIMIT >>> 1;
    leaves.splice(index + 1, 0, { keys: leaf.keys.splice(half), values: leaf.values.splice(half) });
  }

  return {
    get size() {
      return byKey.size;
    },
    get: (key) => byKey.get(key),
    set(key, value) {
      if (!byKey.has(key)) insert(key, value);
      else {
        const leaf = leaves[leafIndex(key)];
        if (leaf !== undefined) leaf.values[lowerBound(leaf.keys, key)] = value;
      }
      byKey.set(key, value);
    },
    delete(key) {
      if (!byKey.delete(key)) return;
      const index = leafIndex(key);
      const leaf = leaves[index];
      if (leaf === undefined) return;
      const at = lowerBound(leaf.keys, key);
      leaf.keys.splice(at, 1);
      leaf.values.splice(at, 1);
      if (leaf.keys.length === 0) leaves.splice(index, 1);
    },
    walk(from, visit) {
      let index = leafIndex(from);
      let at = lowerBound(leaves[index]?.keys ?? [], from);
      for (let leaf = leaves[index]; leaf !== undefined; leaf = leaves[++index], at = 0) {
        for (; at < leaf.keys.length; at++) {
          const key = leaf.keys[at];
          const value = leaf.values[at];
          if (key !== undefined && value !== undefined && !visit(value, key)) return;
        }
      }
    },
  };
}
