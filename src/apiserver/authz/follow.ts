/** Feeds an in-memory index from the API server's own cache: the present objects, then every change, in the step of its commit. */
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource, Resource } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Feed, FeedItem } from "../cache/feed.ts";

export interface Follower<T> {
  set(object: T): void;
  remove(object: T): void;
}

/** Hands over what the cache has without parsing it. Resolves once the present objects are in. Gives the function that ends it. */
export async function followItems(feed: Feed, row: AnyResource, follower: Follower<FeedItem>): Promise<() => void> {
  const known = new Map<string, FeedItem>();
  const keyOf = ({ namespace, name }: FeedItem): string => `${namespace}/${name}`;
  let ended = false;
  let end = (): void => {};

  function set(item: FeedItem): void {
    known.set(keyOf(item), item);
    follower.set(item);
  }

  function replaceAll(items: readonly FeedItem[]): void {
    const gone = new Map(known);
    known.clear();
    for (const item of items) {
      gone.delete(keyOf(item));
      set(item);
    }
    for (const item of gone.values()) follower.remove(item);
  }

  async function subscribe(): Promise<void> {
    end = await feed.subscribe(row, {
      onState: replaceAll,
      onChanges(changes) {
        for (const { type, item } of changes) {
          if (type !== "DELETED") {
            set(item);
            continue;
          }
          known.delete(keyOf(item));
          follower.remove(item);
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

/** The same with parsed objects. */
export function follow<T extends KubernetesObject>(
  feed: Feed,
  row: Resource<T>,
  follower: Follower<DeepReadonly<T>>,
): Promise<() => void> {
  // The objects come from this row's own records.
  const objectOf = (item: FeedItem) => item.object() as unknown as DeepReadonly<T>;
  return followItems(feed, row, {
    set: (item) => follower.set(objectOf(item)),
    remove: (item) => follower.remove(objectOf(item)),
  });
}
