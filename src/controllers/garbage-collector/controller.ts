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
  readonly row: AnyResource;
  readonly reflector: Reflector | undefined;
  readonly uids: Set<string>;
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

function follow(
  row: AnyResource,
  graph: Graph,
  context: ControlLoopContext,
  tell: (due: string[]) => void,
  onSynced: () => void,
): Following {
  const { informers, client, clock, entropy, logger } = context;
  const uids = new Set<string>();
  const target = graphTarget(graph, row, uids, tell, onSynced);
  if (informers.watches(row)) {
    const put = (object: DeepReadonly<KubernetesObject>): void => target.put(object as KubernetesObject);
    informers.watch(row as Resource, {
      added: put,
      updated: put,
      deleted: (object) => target.removed(object as KubernetesObject),
    });
    void informers.synced().then(onSynced);
    return { row, reflector: undefined, uids };
  }
  const reflector = startReflector({ client, of: row as Resource, metadataOnly: true, clock, entropy, logger, target });
  return { row, reflector, uids };
}

export const garbageCollector: ControlLoop = {
  name: "generic-garbage-collector",
  start(context) {
    const { client, clock, informers, logger } = context;
    const graph = ownerGraph();
    const followed = new Map<string, Following>();
    const kinds = new Map<string, AnyResource>();
    const unsynced = new Set<string>();
    const early = new Set<string>();
    let discovered = false;

    function add(uid: string): void {
      if (!discovered || unsynced.size > 0) early.add(uid);
      else if (graph.get(uid)?.orphans) queue.addAfter(uid, LAST_WORD_MS);
      else queue.add(uid);
    }
    const tell = (due: string[]): void => due.forEach(add);
    // Nothing is judged before all kinds have been seen once: an owner not seen yet would cost a request.
    function open(): void {
      if (!discovered || unsynced.size > 0) return;
      for (const uid of early) queue.add(uid);
      early.clear();
    }

    async function discoverAll(): Promise<void> {
      const { resources, failed } = await discover(client);
      for (const row of resources) kinds.set(`${row.group}/${row.kind}`, row);
      const wanted = new Map(resources.filter(isFollowed).map((row) => [`${row.group}/${row.resource}`, row]));
      for (const [key, row] of wanted) {
        if (followed.has(key)) continue;
        unsynced.add(key);
        const synced = (): void => {
          if (unsynced.delete(key)) open();
        };
        followed.set(key, follow(row, graph, context, tell, synced));
      }
      for (const [key, { reflector, uids }] of followed) {
        if (wanted.has(key) || failed.length > 0) continue;
        followed.delete(key);
        unsynced.delete(key);
        await reflector?.stop();
        for (const uid of uids) tell(graph.remove(uid));
      }
      discovered = true;
      open();
      if (failed.length > 0) throw new Error(`discovery failed: ${failed.join(", ")}`);
    }

    const resourceOf = (apiVersion: string, kind: string): AnyResource | undefined => kinds.get(groupKind(apiVersion, kind));
    const collect = collector({ graph, context, resourceOf, enqueue: add, gone: (uid) => tell(graph.remove(uid)) });
    const queue: WorkQueue = createWorkQueue({
      name: "garbage-collector",
      clock,
      workers: WORKERS,
      work: (key) => (key === DISCOVER ? discoverAll() : collect(key)),
      onError(key, error) {
        if (!isConflict(error) && !isNotFound(error)) logger.debug("not collected", { key, error: String(error) });
      },
    });
    const rediscover = (): void => {
      queue.add(DISCOVER);
      queue.addAfter(DISCOVER, DISCOVER_AGAIN_MS);
    };
    for (const row of [CustomResourceDefinition, APIService] as AnyResource[]) {
      informers.watch(row as Resource, { added: rediscover, updated: rediscover, deleted: rediscover });
    }
    queue.add(DISCOVER);
    return {
      async stop() {
        await queue.stop();
        await Promise.all([...followed.values()].map(({ reflector }) => reflector?.stop()));
      },
    };
  },
};
