/**
 * Deletes what has lost its owners, in the order that was asked for.
 *
 * It follows every resource that discovery names: kinds that a controller follows anyhow through the shared informers, all others by
 * their metadata alone. Custom resources come and go with their definitions.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
import { CustomResourceDefinition } from "../../api/apiextensions/custom-resource-definition.ts";
import { APIService } from "../../api/apiregistration/api-service.ts";
import { isConflict, isNotFound } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource, Resource } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type Reflector, type ReflectorTarget, startReflector } from "../../client/reflector.ts";
import { createWorkQueue, type WorkQueue } from "../../client/work-queue.ts";
import type { ControlLoop, ControlLoopContext } from "../controller.ts";
import { discover } from "../discovery.ts";
import { collector } from "./collector.ts";
import { type Graph, ownerGraph } from "./graph.ts";

const DISCOVER = "discover";
const WORKERS = 20;
/** An object that leaves its dependents behind is theirs no more once it is gone: its controller may report on it a last time. */
const LAST_WORD_MS = 50;
/** A definition is served a moment after it was seen; what discovery did not know then is asked for again. */
const DISCOVER_AGAIN_MS = 1_000;

const groupKind = (apiVersion: string, kind: string): string =>
  `${apiVersion.includes("/") ? apiVersion.split("/")[0] : ""}/${kind}`;
const isFollowed = ({ verbs, group, resource }: AnyResource): boolean =>
  verbs.includes("list") &&
  verbs.includes("watch") &&
  verbs.includes("delete") &&
  !(resource === "events" && /^(events\.k8s\.io)?$/.test(group));

interface Following {
  /** Undefined for a kind that the shared informers follow. */
  readonly reflector: Reflector | undefined;
  /** Of the nodes in the graph. */
  readonly uids: ReadonlySet<string>;
}

/** Keeps the graph of one kind as its reflector tells. */
function graphTarget(graph: Graph, row: AnyResource, uids: Set<string>, tell: (due: string[]) => void, onSynced: () => void) {
  let missing: Set<string> | undefined;
  const remove = (uid: string): void => {
    uids.delete(uid);
    tell(graph.remove(uid));
  };
  const target: ReflectorTarget<KubernetesObject> = {
    restarted() {
      missing = new Set(uids);
    },
    put(object) {
      uids.add(object.metadata.uid);
      missing?.delete(object.metadata.uid);
      tell(graph.put(row, object));
    },
    removed: ({ metadata }) => remove(metadata.uid),
    synced() {
      for (const uid of missing ?? []) remove(uid);
      missing = undefined;
      onSynced();
    },
  };
  return target;
}

export const garbageCollector: ControlLoop = {
  name: "generic-garbage-collector",
  start: (context) => new GarbageCollector(context),
};

class GarbageCollector {
  readonly #context: ControlLoopContext;
  readonly #graph = ownerGraph();
  /** By resource and group. */
  readonly #followed = new Map<string, Following>();
  readonly #kinds = new Map<string, AnyResource>();
  /** Keys of `#followed` whose present state has not come in whole. */
  readonly #unsynced = new Set<string>();
  /** Nothing is judged before all kinds have been seen once: an owner not seen yet would cost a request. */
  readonly #early = new Set<string>();
  readonly #queue: WorkQueue;
  #discovered = false;

  constructor(context: ControlLoopContext) {
    const { clock, logger, informers } = context;
    this.#context = context;
    const collect = collector({
      graph: this.#graph,
      context,
      resourceOf: (apiVersion, kind) => this.#kinds.get(groupKind(apiVersion, kind)),
      enqueue: (uid) => this.#enqueue(uid),
      gone: (uid) => this.#enqueueAll(this.#graph.remove(uid)),
    });
    this.#queue = createWorkQueue({
      name: "garbage-collector",
      clock,
      workers: WORKERS,
      work: (key) => (key === DISCOVER ? this.#discoverAll() : collect(key)),
      onError(key, error) {
        if (!isConflict(error) && !isNotFound(error)) logger.debug("not collected", { key, error: String(error) });
      },
    });
    const rediscover = (): void => {
      this.#queue.add(DISCOVER);
      this.#queue.addAfter(DISCOVER, DISCOVER_AGAIN_MS);
    };
    for (const row of [CustomResourceDefinition, APIService] as AnyResource[]) {
      informers.watch(row as Resource, { added: rediscover, updated: rediscover, deleted: rediscover });
    }
    this.#queue.add(DISCOVER);
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
    await Promise.all([...this.#followed.values()].map(({ reflector }) => reflector?.stop()));
  }

  get #ready(): boolean {
    return this.#discovered && this.#unsynced.size === 0;
  }

  #enqueue(uid: string): void {
    if (!this.#ready) this.#early.add(uid);
    else if (this.#graph.get(uid)?.orphans) this.#queue.addAfter(uid, LAST_WORD_MS);
    else this.#queue.add(uid);
  }

  #enqueueAll(uids: string[]): void {
    for (const uid of uids) this.#enqueue(uid);
  }

  /** Begins with what came early, if all has been seen. */
  #begin(): void {
    if (!this.#ready) return;
    for (const uid of this.#early) this.#queue.add(uid);
    this.#early.clear();
  }

  async #discoverAll(): Promise<void> {
    const { resources, failed } = await discover(this.#context.client);
    for (const row of resources) this.#kinds.set(`${row.group}/${row.kind}`, row);
    const wanted = new Map(resources.filter(isFollowed).map((row) => [`${row.group}/${row.resource}`, row]));
    for (const [key, row] of wanted) if (!this.#followed.has(key)) this.#follow(key, row);
    // What a group that did not answer serves is not known to be gone.
    if (failed.length === 0) {
      for (const key of [...this.#followed.keys()]) if (!wanted.has(key)) await this.#unfollow(key);
    }
    this.#discovered = true;
    this.#begin();
    if (failed.length > 0) throw new Error(`discovery failed: ${failed.join(", ")}`);
  }

  #follow(key: string, row: AnyResource): void {
    const { informers, client, clock, entropy, logger } = this.#context;
    const uids = new Set<string>();
    const synced = (): void => {
      if (this.#unsynced.delete(key)) this.#begin();
    };
    this.#unsynced.add(key);
    const target = graphTarget(this.#graph, row, uids, (due) => this.#enqueueAll(due), synced);
    if (informers.watches(row)) {
      const put = (object: DeepReadonly<KubernetesObject>): void => target.put(object as KubernetesObject);
      const deleted = (object: DeepReadonly<KubernetesObject>): void => target.removed(object as KubernetesObject);
      informers.watch(row as Resource, { added: put, updated: put, deleted });
      void informers.synced().then(synced);
      this.#followed.set(key, { reflector: undefined, uids });
      return;
    }
    const reflector = startReflector({ client, of: row as Resource, metadataOnly: true, clock, entropy, logger, target });
    this.#followed.set(key, { reflector, uids });
  }

  async #unfollow(key: string): Promise<void> {
    const { reflector, uids = [] } = this.#followed.get(key) ?? {};
    this.#followed.delete(key);
    this.#unsynced.delete(key);
    await reflector?.stop();
    for (const uid of uids) this.#enqueueAll(this.#graph.remove(uid));
  }
}
