/** Feeds an in-memory index from the API server's own cache: the present objects, then every change, in the step of its commit. */
import type { KubernetesObject } from "../../api/meta.ts";
import type { Resource } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Caches } from "../cache/caches.ts";
import { everything } from "../cache/selection.ts";

export interface Follower<T> {
  set(object: DeepReadonly<T>): void;
  remove(object: DeepReadonly<T>): void;
}

/** Resolves once the present objects are in the index. Gives the function that ends it. */
export async function follow<T extends KubernetesObject>(
  caches: Caches,
  row: Resource<T>,
  follower: Follower<T>,
): Promise<() => void> {
  const cache = caches.of(row);
  await cache.ready();
  const objectOf = (entry: Parameters<Caches["parse"]>[1]) => caches.parse(row, entry) as unknown as DeepReadonly<T>;
  for (const entry of cache.list(everything)) follower.set(objectOf(entry));
  return cache.subscribe({
    selection: everything,
    deliver(changes) {
      for (const { type, entry } of changes) {
        if (type === "DELETED") follower.remove(objectOf(entry));
        else follower.set(objectOf(entry));
      }
    },
  });
}
