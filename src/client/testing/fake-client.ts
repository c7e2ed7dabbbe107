/**
 * A server's worth of behaviour in memory, for tests of what stands on a `Client`: revisions, uids, generations, conflicts, watches,
 * finalizers. It validates and defaults nothing; what depends on that is tested against the real API server.
 */
import { alreadyExists, modified, notFound } from "../../api/errors.ts";
import { type KubernetesObject, keyOf, namespaceOf, objectKey } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import { formatTime } from "../../api/time.ts";
import type { Clock } from "../../base/clock.ts";
import { cloneJson } from "../../base/clone.ts";
import { type Entropy, randomSuffix, uuid } from "../../base/entropy.ts";
import type { Client, DeleteOptions, ObjectRef, PatchType, WatchEvent, WatchOptions } from "../client.ts";
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

const DELETE_FROM_LIST = "$deleteFromPrimitiveList/";

/** RFC 7386, with ownerReferences merged by uid, and elements taken off lists of texts, as a strategic patch does. */
function merged(target: unknown, patch: unknown, type: PatchType): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = typeof target === "object" && target !== null ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (type === "strategic" && key.startsWith(DELETE_FROM_LIST)) {
      const list = key.slice(DELETE_FROM_LIST.length);
      result[list] = ((result[list] as string[] | undefined) ?? []).filter((each) => !(value as string[]).includes(each));
    } else if (type === "strategic" && key === "ownerReferences") result[key] = mergedOwners(result[key], value);
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

const inScope = (options: { namespace?: string }, object: Stored): boolean =>
  !options.namespace || options.namespace === namespaceOf(object);

/** What a server keeps: objects by resource and key, and who watches them. What comes out is the caller's own. */
class FakeServer {
  readonly writes: string[] = [];
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #tables = new Map<AnyResource, Map<string, Stored>>();
  readonly #watchers = new Set<Watcher>();
  #revision = 0;

  constructor({ clock, entropy }: FakeClientOptions) {
    this.#clock = clock;
    this.#entropy = entropy;
  }

  get revision(): string {
    return String(this.#revision);
  }

  objects(of: AnyResource, scope: { namespace?: string } = {}): Stored[] {
    return [...this.#table(of).values()].filter((object) => inScope(scope, object));
  }

  find(of: AnyResource, namespace: string | undefined, name: string): Stored {
    const found = this.#table(of).get(objectKey(namespace ?? "", name));
    if (found === undefined) throw notFound(of, name);
    return found;
  }

  insert(of: AnyResource, draft: Stored): Stored {
    const sent = cloneJson(draft);
    const name = sent.metadata.name || `${sent.metadata.generateName ?? ""}${randomSuffix(this.#entropy)}`;
    const metadata = {
      ...sent.metadata,
      name,
      uid: uuid(this.#entropy),
      generation: 1,
      creationTimestamp: formatTime(this.#clock.now()),
      resourceVersion: this.#nextRevision(),
    };
    const status = of.kind === "Pod" ? { phase: "Pending" } : {};
    const object: Stored = Object.assign({ kind: of.kind, apiVersion: of.apiVersion, status }, sent, { metadata });
    if (this.#table(of).has(keyOf(object))) throw alreadyExists(of, name);
    this.#table(of).set(keyOf(object), object);
    this.#tell(of, "ADDED", object);
    return object;
  }

  /** What an update does to the object, or to its status alone. */
  put(of: AnyResource, sent: Stored, subresource: string | undefined): Stored {
    const before = this.find(of, sent.metadata.namespace, sent.metadata.name);
    const { resourceVersion } = sent.metadata;
    if (resourceVersion && resourceVersion !== before.metadata.resourceVersion) throw modified(of, before.metadata.name);
    if (subresource === "status" || subresource === "approval") {
      // As in the server, annotations may come with it.
      const { annotations } = sent.metadata;
      const metadata = { ...before.metadata, ...(annotations === undefined ? {} : { annotations: cloneJson(annotations) }) };
      return this.replace(of, before, { ...before, metadata, status: cloneJson(sent.status) });
    }
    return this.replace(of, before, { ...cloneJson(sent), ...(before.status === undefined ? {} : { status: before.status }) });
  }

  /** What every change ends in: nothing where nothing differs, removal where the last finalizer went. */
  replace(of: AnyResource, before: Stored, after: Stored): Stored {
    if (sameContent(before, after)) return before;
    if (after.metadata.deletionTimestamp !== undefined && !after.metadata.finalizers?.length) {
      this.#remove(of, after);
      return after;
    }
    const { generation = 1 } = before.metadata;
    const grows = !sameContent(before.spec, after.spec);
    const object = {
      ...after,
      metadata: { ...after.metadata, generation: generation + (grows ? 1 : 0), resourceVersion: this.#nextRevision() },
    };
    this.#table(of).set(keyOf(object), object);
    this.#tell(of, "MODIFIED", object);
    return object;
  }

  delete(of: AnyResource, object: Stored, { uid, propagationPolicy }: DeleteOptions): void {
    if (uid !== undefined && uid !== object.metadata.uid) throw modified(of, object.metadata.name);
    const asked = { Foreground: ["foregroundDeletion"], Orphan: ["orphan"], Background: [] }[propagationPolicy ?? "Background"];
    const finalizers = [...(object.metadata.finalizers ?? []), ...asked];
    if (finalizers.length === 0) return this.#remove(of, object);
    const deletionTimestamp = object.metadata.deletionTimestamp ?? formatTime(this.#clock.now());
    this.replace(of, object, { ...object, metadata: { ...object.metadata, finalizers, deletionTimestamp } });
  }

  watch(watcher: Watcher): Promise<void> {
    const { of, options, onEvent } = watcher;
    for (const object of this.objects(of, options)) onEvent({ type: "ADDED", object: cloneJson(object) });
    onEvent({ type: "BOOKMARK", resourceVersion: this.revision, initialEventsEnd: true });
    this.#watchers.add(watcher);
    return new Promise((resolve) => {
      options.signal.addEventListener("abort", () => {
        this.#watchers.delete(watcher);
        resolve();
      });
    });
  }

  #table(of: AnyResource): Map<string, Stored> {
    const found = this.#tables.get(of) ?? new Map<string, Stored>();
    this.#tables.set(of, found);
    return found;
  }

  #nextRevision(): string {
    return String(++this.#revision);
  }

  #remove(of: AnyResource, object: Stored): void {
    this.#table(of).delete(keyOf(object));
    this.#tell(of, "DELETED", { ...object, metadata: { ...object.metadata, resourceVersion: this.#nextRevision() } });
  }

  #tell(of: AnyResource, type: "ADDED" | "MODIFIED" | "DELETED", object: Stored): void {
    for (const { of: watched, options, onEvent } of this.#watchers) {
      if (watched === of && inScope(options, object)) onEvent({ type, object: cloneJson(object) });
    }
  }
}

export interface FakeClientOptions {
  clock: Clock;
  entropy: Entropy;
}

export function fakeClient(options: FakeClientOptions): FakeClient {
  const server = new FakeServer(options);
  /** Of whatever kind the caller asked for: the tables do not know. */
  const answer = (object: Stored) => cloneJson(object) as never;

  function wrote(verb: string, of: AnyResource, { namespace = "", name }: ObjectRef): void {
    const error = client.refuse?.(verb, of, name);
    if (error !== undefined) throw error;
    server.writes.push(`${verb} ${of.resource} ${objectKey(namespace, name)}`);
  }
  function put(of: AnyResource, sent: Stored, subresource: string | undefined): Stored {
    const { metadata } = server.find(of, sent.metadata.namespace, sent.metadata.name);
    wrote(subresource === undefined ? "update" : `update ${subresource}`, of, metadata);
    return server.put(of, sent, subresource);
  }

  const client: FakeClient = {
    refuse: undefined,
    writes: server.writes,
    all: (of) => server.objects(of).map(answer),
    seed: (of, object) => answer(server.insert(of, object as Stored)),
    get: async (of, { namespace, name }) => answer(server.find(of, namespace, name)),
    list: async (of, scope = {}) => ({
      items: server.objects(of, scope).map(answer),
      resourceVersion: server.revision,
      continue: "",
    }),
    watch: (of, options, onEvent) => server.watch({ of, options, onEvent: onEvent as never }),
    async create(of, object) {
      const sent = object as Stored;
      const { namespace, name, generateName } = sent.metadata;
      wrote("create", of, { ...(namespace === undefined ? {} : { namespace }), name: name ?? generateName ?? "" });
      return answer(server.insert(of, sent));
    },
    async post<R>(of: AnyResource, ref: ObjectRef, subresource: string) {
      wrote(`post ${subresource}`, of, ref);
      return undefined as R;
    },
    update: async (of, object, { subresource } = {}) => answer(put(of, object as Stored, subresource)),
    async updateStatusIfChanged(of, object, status) {
      if (sameContent(object.status, status)) return object;
      return answer(put(of, { ...(object as unknown as Stored), status }, "status"));
    },
    async patch(of, { namespace, name }, type, patch, { subresource } = {}) {
      const before = server.find(of, namespace, name);
      wrote(subresource === undefined ? "patch" : `patch ${subresource}`, of, before.metadata);
      return answer(server.replace(of, before, merged(before, patch, type) as Stored));
    },
    async delete(of, { namespace, name }, options = {}) {
      const object = server.find(of, namespace, name);
      wrote("delete", of, object.metadata);
      server.delete(of, object, options);
    },
    async deleteCollection(of, scope = {}) {
      for (const { metadata } of server.objects(of, scope)) await client.delete(of, metadata);
    },
    raw: async ({ method, path }) => {
      throw notFound({ group: "", resource: `${method} ${path}` }, "");
    },
  };
  return client;
}
