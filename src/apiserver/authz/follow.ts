/** Feeds an in-memory index from the API server's own cache: the present objects, then every change, in the step of its commit. */
import type { KubernetesObject } from "../../api/meta.ts";
import type { Resource } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Feed, FeedItem } from "../cache/feed.ts";

export interface Follower<T> {
  set(object: DeepReadonly<T>): void;
  remove(object: DeepReadonly<T>): void;
}

/** Resolves once the present objects are in the index. Gives the function that ends it. */
export async function follow<T extends KubernetesObject>(
  feed: Feed,
  row: Resource<T>,
  follower: Follower<T>,
): Promise<() => void> {
  // The objects come from this row's own records.
  const objectOf = (item: FeedItem) => item.object() as unknown as DeepReadonly<T>;
  const known = new Map<string, FeedItem>();
  const keyOf = ({ namespace, name }: FeedItem): string => `${namespace}/${name}`;
  let ended = false;
  let end = (): void => {};
  async function subscribe(): Promise<void> {
    end = await feed.subscribe(row, {
      onState(items) {
        const gone = new Map(known);
        known.clear();
        for (const item of items) {
          gone.delete(keyOf(item));
          known.set(keyOf(item), item);
          follower.set(objectOf(item));
        }
        for (const item of gone.values()) follower.remove(objectOf(item));
      },
      onChanges(changes) {
        for (const { type, item } of changes) {
          if (type === "DELETED") {
            known.delete(keyOf(item));
            follower.remove(objectOf(item));
          } else {
            known.set(keyOf(item), item);
            follower.set(objectOf(item));
          }
        }
      },
      onLost() {
        if (!ended) void subscribe();
      },
    });
    if (ended) end();
  }
  await subscribe();
  return () => {
    ended = true;
    end();
  };
}
