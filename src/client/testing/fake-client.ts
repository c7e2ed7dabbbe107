/**
 * A server's worth of behaviour in memory, for tests of what stands on a `Client`: revisions, uids, generations, conflicts, watches,
 * finalizers. It validates and defaults nothing; what depends on that is tested against the real API server.
 */
import { alreadyExists, modified, notFound } from "../../api/errors.ts";
import { type KubernetesObject, keyOf, namespaceOf, objectKey } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import type { Clock } from "../../base/clock.ts";
import { type Entropy, randomSuffix, uuid } from "../../base/entropy.ts";
import type { Client, PatchType, WatchEvent, WatchOptions } from "../client.ts";
import { sameContent } from "../equality.ts";

type Stored = KubernetesObject & { spec?: unknown; status?: unknown };

export interface FakeClient extends Client {
  /** What is there now, in the order in which it was made. */
  all<T extends KubernetesObject>(of: AnyResource): T[];
  /** Puts an object in as it is, with the metadata that a server adds; for what no client may write. */
  seed<T extends KubernetesObject>(of: AnyResource, object: object): T;
  /** Throws for a write where it gives an error. `verb subresource resource name`. */
  refuse: ((verb: string, of: AnyResource, name: string) => Error | undefined) | undefined;
  /** `verb resource namespace/name`, in order. */
  readonly writes: string[];
}

interface Watcher {
  of: AnyResource;
  options: WatchOptions;
  onEvent: (event: WatchEvent<KubernetesObject>) => void;
}

const clone = <T>(value: T): T => structuredClone(value);

/** RFC 7386, with ownerReferences merged by uid as a strategic patch does. */
function merged(target: unknown, patch: unknown, type: PatchType): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = typeof target === "object" && target !== null ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (type === "strategic" && key === "ownerReferences") result[key] = mergedOwners(result[key], value);
    else result[key] = merged(result[key], value, type);
  }
  return result;
}

function mergedOwners(target: unknown, patch: unknown): unknown {
  const owners = new Map(((target as { uid: string }[] | undefined) ?? []).map((owner) => [owner.uid, owner]));
  for (const { $patch, ...owner } of patch as { uid: string; $patch?: string }[]) {
    if ($patch === "delete") owners.delete(owner.uid);
    else owners.set(owner.uid, { ...owners.get(owner.uid), ...owner });
  }
  return [...owners.values()];
}

export function fakeClient({ clock, entropy }: { clock: Clock; entropy: Entropy }): FakeClient {
  const tables = new Map<AnyResource, Map<string, Stored>>();
  const watchers = new Set<Watcher>();
  const writes: string[] = [];
  let revision = 0;

  const table = (of: AnyResource): Map<string, Stored> => {
    const found = tables.get(of) ?? new Map<string, Stored>();
    tables.set(of, found);
    return found;
  };
  const now = (): string => new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  const inScope = (options: { namespace?: string }, object: Stored) =>
    !options.namespace || options.namespace === namespaceOf(object);

  function tell(of: AnyResource, type: "ADDED" | "MODIFIED" | "DELETED", object: Stored): void {
    for (const watcher of watchers) {
      if (watcher.of === of && inScope(watcher.options, object)) watcher.onEvent({ type, object: clone(object) });
    }
  }

  function wrote(verb: string, of: AnyResource, namespace: string, name: string): void {
    const error = client.refuse?.(verb, of, name);
    if (error !== undefined) throw error;
    writes.push(`${verb} ${of.resource} ${objectKey(namespace, name)}`);
  }

  function insert(of: AnyResource, sent: Stored): Stored {
    const { metadata } = sent;
    const name = metadata.name || `${metadata.generateName ?? ""}${randomSuffix(entropy)}`;
    const object: Stored = Object.assign(
      { kind: of.kind, apiVersion: of.apiVersion, status: of.kind === "Pod" ? { phase: "Pending" } : {} },
      clone(sent),
      {
        metadata: {
          ...metadata,
          name,
          uid: uuid(entropy),
          generation: 1,
          creationTimestamp: now(),
          resourceVersion: String(++revision),
        },
      },
    );
    if (table(of).has(keyOf(object))) throw alreadyExists(of, name);
    table(of).set(keyOf(object), object);
    tell(of, "ADDED", object);
    return object;
  }

  function find(of: AnyResource, namespace: string | undefined, name: string): Stored {
    const found = table(of).get(objectKey(namespace ?? "", name));
    if (found === undefined) throw notFound(of, name);
    return found;
  }

  function remove(of: AnyResource, object: Stored): void {
    table(of).delete(keyOf(object));
    tell(of, "DELETED", { ...object, metadata: { ...object.metadata, resourceVersion: String(++revision) } });
  }

  /** What every change ends in: nothing where nothing differs, removal where the last finalizer went. */
  function replace(of: AnyResource, before: Stored, after: Stored): Stored {
    if (sameContent(before, after)) return before;
    if (after.metadata.deletionTimestamp !== undefined && !after.metadata.finalizers?.length) {
      remove(of, after);
      return after;
    }
    const { generation = 1 } = before.metadata;
    const grows = !sameContent(before.spec, after.spec);
    const object = {
      ...after,
      metadata: { ...after.metadata, generation: generation + (grows ? 1 : 0), resourceVersion: String(++revision) },
    };
    table(of).set(keyOf(object), object);
    tell(of, "MODIFIED", object);
    return object;
  }

  function put(of: AnyResource, sent: Stored, subresource: string | undefined): Stored {
    const before = find(of, sent.metadata.namespace, sent.metadata.name);
    wrote(subresource === undefined ? "update" : `update ${subresource}`, of, namespaceOf(before), before.metadata.name);
    const { resourceVersion } = sent.metadata;
    if (resourceVersion && resourceVersion !== before.metadata.resourceVersion) throw modified(of, before.metadata.name);
    if (subresource === "status") return replace(of, before, { ...before, status: clone(sent.status) });
    return replace(of, before, { ...clone(sent), ...(before.status === undefined ? {} : { status: before.status }) });
  }

  const client: FakeClient = {
    refuse: undefined,
    writes,
    all: (of) => [...table(of).values()].map(clone) as never,
    seed: (of, object) => clone(insert(of, object as Stored)) as never,
    get: async (of, { namespace, name }) => clone(find(of, namespace, name)) as never,
    list: async (of, options = {}) => ({
      items: [...table(of).values()].filter((object) => inScope(options, object)).map(clone) as never,
      resourceVersion: String(revision),
      continue: "",
    }),
    watch(of, options, onEvent) {
      const watcher: Watcher = { of, options, onEvent: onEvent as never };
      for (const object of table(of).values())
        if (inScope(options, object)) watcher.onEvent({ type: "ADDED", object: clone(object) });
      watcher.onEvent({ type: "BOOKMARK", resourceVersion: String(revision), initialEventsEnd: true });
      watchers.add(watcher);
      return new Promise((resolve) => {
        options.signal.addEventListener("abort", () => {
          watchers.delete(watcher);
          resolve();
        });
      });
    },
    async create(of, object) {
      const sent = object as Stored;
      wrote("create", of, sent.metadata.namespace ?? "", sent.metadata.name ?? sent.metadata.generateName ?? "");
      return clone(insert(of, sent)) as never;
    },
    async post<R>(of: AnyResource, { namespace, name }: { namespace?: string; name: string }, subresource: string) {
      wrote(`post ${subresource}`, of, namespace ?? "", name);
      return undefined as R;
    },
    update: async (of, object, options = {}) => clone(put(of, object as Stored, options.subresource)) as never,
    async updateStatusIfChanged(of, object, status) {
      if (sameContent(object.status, status)) return object;
      return clone(put(of, { ...(object as unknown as Stored), status }, "status")) as never;
    },
    async patch(of, { namespace, name }, type, patch, options = {}) {
      const before = find(of, namespace, name);
      wrote(options.subresource === undefined ? "patch" : `patch ${options.subresource}`, of, namespaceOf(before), name);
      return clone(replace(of, before, merged(before, patch, type) as Stored)) as never;
    },
    async delete(of, { namespace, name }, { uid, propagationPolicy } = {}) {
      const object = find(of, namespace, name);
      wrote("delete", of, namespaceOf(object), name);
      if (uid !== undefined && uid !== object.metadata.uid) throw modified(of, name);
      const extra =
        propagationPolicy === "Foreground" ? ["foregroundDeletion"] : propagationPolicy === "Orphan" ? ["orphan"] : [];
      const finalizers = [...(object.metadata.finalizers ?? []), ...extra];
      if (finalizers.length === 0) return remove(of, object);
      const deletionTimestamp = object.metadata.deletionTimestamp ?? now();
      replace(of, object, { ...object, metadata: { ...object.metadata, finalizers, deletionTimestamp } });
    },
    async deleteCollection(of, options = {}) {
      for (const object of [...table(of).values()]) {
        if (inScope(options, object)) await client.delete(of, { namespace: namespaceOf(object), name: object.metadata.name });
      }
    },
    raw: async ({ method, path }) => {
      throw notFound({ group: "", resource: `${method} ${path}` }, "");
    },
  };
  return client;
}
