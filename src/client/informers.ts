/**
 * Shared informers: one reflector and one cache a kind, however many components look at it.
 *
 * What they hand out is frozen and shared. Handlers run one after another while the watch is read, so they must be quick: they put
 * keys in queues.
 */
import { type KubernetesObject, keyOf, objectKey } from "../api/meta.ts";
import type { AnyResource, Resource } from "../api/row.ts";
import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import { deepFreeze } from "../base/freeze.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { Client } from "./client.ts";
import type { InformerHandlers, Informers } from "./informer.ts";
import { BY_CONTROLLER, BY_NAMESPACE, type IndexFunction, type InformerCache, informerCache, ORPHANS } from "./informer-cache.ts";
import { objectMemo, PARSED_BUDGET_BYTES } from "./object-memo.ts";
import { type Reflector, type ReflectorTarget, startReflector } from "./reflector.ts";

export interface InformersOptions {
  client: Client;
  clock: Clock;
  entropy: Entropy;
  logger?: Logger;
  /** JSON bytes of the objects kept parsed; the rest is kept as bytes. */
  parsedBudgetBytes?: number;
}

type Any = DeepReadonly<KubernetesObject>;

interface Followed {
  readonly cache: InformerCache;
  readonly handlers: InformerHandlers<KubernetesObject>[];
  reflector: Reflector | undefined;
  synced: boolean;
}

/** About what the JSON of an object takes. Exact sizes would cost a second encoding of every event. */
function estimatedBytes(value: unknown): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 5;
  let total = 2;
  for (const key of Object.keys(value)) total += key.length + 4 + estimatedBytes((value as Record<string, unknown>)[key]);
  return total;
}

/** Applies what a reflector tells to the cache, and tells handlers what that changed. */
function targetOf(followed: Followed, onSynced: () => void): ReflectorTarget<KubernetesObject> {
  const { cache, handlers } = followed;
  /** While the present state comes in anew: the keys that have not come yet. */
  let missing: Set<string> | undefined;
  const remove = (key: string): void => {
    const gone = cache.remove(key);
    if (gone !== undefined) for (const handler of handlers) handler.deleted?.(gone);
  };
  return {
    restarted() {
      missing = new Set(cache.keys());
    },
    put(object) {
      deepFreeze(object);
      missing?.delete(keyOf(object));
      const previous = cache.get(keyOf(object));
      if (previous?.metadata.resourceVersion === object.metadata.resourceVersion) return;
      if (previous !== undefined && previous.metadata.uid !== object.metadata.uid) remove(keyOf(object));
      const replaced = cache.put(object, estimatedBytes(object));
      for (const handler of handlers) replaced === undefined ? handler.added?.(object) : handler.updated?.(object, replaced);
    },
    removed(object) {
      deepFreeze(object);
      missing?.delete(keyOf(object));
      if (cache.remove(keyOf(object)) !== undefined) for (const handler of handlers) handler.deleted?.(object);
    },
    synced() {
      for (const key of missing ?? []) remove(key);
      missing = undefined;
      followed.synced = true;
      onSynced();
    },
  };
}

export function createInformers(options: InformersOptions): Informers {
  const { client, clock, entropy, logger = silentLogger, parsedBudgetBytes = PARSED_BUDGET_BYTES } = options;
  const memo = objectMemo(parsedBudgetBytes);
  const kinds = new Map<AnyResource, Followed>();
  let waiters: (() => void)[] = [];
  let stopped = false;

  const allSynced = (): boolean => [...kinds.values()].every(({ reflector, synced }) => reflector === undefined || synced);

  function onSynced(): void {
    if (!allSynced()) return;
    for (const resolve of waiters) resolve();
    waiters = [];
  }

  function followed(of: AnyResource): Followed {
    let entry = kinds.get(of);
    if (entry === undefined) {
      entry = { cache: informerCache(memo), handlers: [], reflector: undefined, synced: false };
      kinds.set(of, entry);
    }
    return entry;
  }

  /** The cache of a kind that is followed: asking for another would silently find nothing. */
  function cacheOf(of: AnyResource): InformerCache {
    const entry = kinds.get(of);
    assert(entry?.reflector, `nobody watches ${of.resource}: name it among what the controller reads`);
    return entry.cache;
  }

  const typed = <T>(objects: Any | readonly Any[] | Iterable<Any> | undefined): T => objects as T;

  return {
    watch<T extends KubernetesObject>(of: Resource<T>, handlers?: InformerHandlers<T>) {
      assert(!stopped, "the informers are stopped");
      const entry = followed(of);
      if (handlers !== undefined) {
        entry.handlers.push(handlers as unknown as InformerHandlers<KubernetesObject>);
        for (const object of entry.cache.all()) handlers.added?.(object as DeepReadonly<T>);
      }
      const target = targetOf(entry, onSynced) as unknown as ReflectorTarget<T>;
      entry.reflector ??= startReflector({ client, of, clock, entropy, logger, target });
    },
    watches: (of) => kinds.get(of)?.reflector !== undefined,
    addIndex(of, name, values) {
      followed(of).cache.addIndex(name, values as unknown as IndexFunction);
    },
    get: (of, namespace, name) => typed(cacheOf(of).get(objectKey(namespace, name))),
    list: (of, namespace) => typed(namespace === undefined ? cacheOf(of).all() : cacheOf(of).byIndex(BY_NAMESPACE, namespace)),
    ownedBy: (of, owner) => typed(cacheOf(of).byIndex(BY_CONTROLLER, owner.metadata.uid)),
    orphans: (of, namespace) => typed(cacheOf(of).byIndex(ORPHANS, namespace)),
    byIndex: (of, index, value) => typed(cacheOf(of).byIndex(index, value)),
    synced: () => (allSynced() ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    async stop() {
      stopped = true;
      for (const resolve of waiters) resolve();
      await Promise.all([...kinds.values()].map(({ reflector }) => reflector?.stop()));
    },
  };
}
