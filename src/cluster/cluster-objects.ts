/**
 * What a program or a test does with the objects of a cluster, in few words: apply, patch, wait for a condition, watch a number.
 * It stands on a Client alone, so it works on every cluster; only how time passes differs.
 */
import { conditionOf } from "../api/conditions.ts";
import { isAlreadyExists, isNotFound } from "../api/errors.ts";
import type { Draft, KubernetesObject } from "../api/meta.ts";
import type { AnyResource, Resource } from "../api/row.ts";
import type { Clock } from "../base/clock.ts";
import { type Duration, durationMs } from "../base/duration.ts";
import type { Entropy } from "../base/entropy.ts";
import { silentLogger } from "../base/logger.ts";
import type { Client, DeleteOptions } from "../client/client.ts";
import { type KindIn, type ObjectOf, type Reference, type Referred, referred, rowNamed } from "./kinds.ts";
import { type Observation, observe } from "./observation.ts";
import type { Passage } from "./passage.ts";

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  observedGeneration?: number;
}

export type Labels = Readonly<Record<string, string>>;

/** A manifest: a kind and what differs from its defaults. */
export type Manifest = Draft<KubernetesObject> & { kind: string };

export interface ClusterObjects {
  /** Creates the object, or merges it into the one that is there. */
  apply<T extends KubernetesObject = KubernetesObject>(object: Manifest): Promise<T>;
  /** A strategic merge patch (a JSON merge patch where the kind has none). */
  patch<R extends Reference>(reference: R, patch: object, options?: { subresource?: string }): Promise<ObjectOf<KindIn<R>>>;
  /** Rejects with ApiError 404 where there is none. */
  get<R extends Reference>(reference: R): Promise<ObjectOf<KindIn<R>>>;
  /** Objects of one namespace (or of the whole cluster, for kinds without one), all that have `labels`. */
  list<Kind extends string>(kind: Kind, labels?: Labels): Promise<ObjectOf<Kind>[]>;
  delete(reference: Reference, options?: DeleteOptions): Promise<void>;
  /** The condition, where the object has it. */
  condition(reference: Reference, type: string): Promise<Condition | undefined>;
  /**
   * Lets time go by until the condition is true (and has that reason), as of the object's present generation. Rejects with an Error
   * that says how the object stands where that does not come.
   */
  until(reference: Reference, condition: string, reason?: string): Promise<void>;
  /** The same until `done` answers true; it is asked again whenever something has changed. */
  until(done: () => boolean | Promise<boolean>): Promise<void>;
  untilDeleted(reference: Reference): Promise<void>;
  /** Lets time go by: at once on a virtual clock. */
  advance(duration: Duration): Promise<void>;
  /** Follows all objects with these labels: `values` gets what `project` makes of them, now and after every change. */
  observe<Kind extends string, V>(kind: Kind, labels: Labels, project: (objects: readonly ObjectOf<Kind>[]) => V): Observation<V>;
  /** The Events about an object, the oldest first, as `Warning BackOff: …`. */
  events(reference: Reference): Promise<string[]>;
}

export interface ClusterObjectsOptions {
  client: Client;
  clock: Clock;
  entropy: Entropy;
  passage: Passage;
  /** What is meant where a reference names no namespace. */
  namespace: string;
  /** Added to the message of a wait that was in vain: how to repeat the run. */
  hint?: string;
}

const selectorOf = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");

type Standing = KubernetesObject & { status?: { conditions?: Condition[]; observedGeneration?: number } };

/** Whether the object's controller has seen the object as it is now: what kubectl wait asks too. */
function isTrue({ metadata, status }: Standing, type: string, reason?: string): boolean {
  const condition = conditionOf(status?.conditions, type);
  if (condition?.status !== "True" || (reason !== undefined && condition.reason !== reason)) return false;
  const seen = status?.observedGeneration ?? condition.observedGeneration;
  return seen === undefined || metadata.generation === undefined || seen >= metadata.generation;
}

const present = async <T>(reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

async function applied(client: Client, row: AnyResource, object: Manifest, namespace: string): Promise<KubernetesObject> {
  const wanted = row.namespaced ? { ...object, metadata: { namespace, ...object.metadata } } : object;
  try {
    return await client.create(row, wanted);
  } catch (error) {
    const { name } = wanted.metadata ?? {};
    if (!isAlreadyExists(error) || name === undefined) throw error;
    const ref = row.namespaced ? { namespace: wanted.metadata?.namespace ?? namespace, name } : { name };
    return client.patch(row, ref, row.typed ? "strategic" : "merge", wanted);
  }
}

/** The sentence of a wait that was in vain. */
async function disappointment(client: Client, { row, ref }: Referred, wanted: string, hint: string): Promise<Error> {
  const object: Standing | undefined = await present(client.get(row as Resource<Standing>, ref));
  const status = object === undefined ? "it does not exist" : `its status is ${JSON.stringify(object.status ?? {})}`;
  return new Error(`${row.kind} ${ref.name} did not become ${wanted}: ${status}${hint}`);
}

/** What all parts below work with. */
interface Scope extends ClusterObjectsOptions {
  at(reference: string): Referred;
  /** The namespace of a kind that has one. */
  within(row: AnyResource): { namespace?: string };
  read(target: Referred): Promise<Standing | undefined>;
}

function scopeOf(options: ClusterObjectsOptions): Scope {
  const { client, namespace } = options;
  return {
    ...options,
    at: (reference) => referred(reference, namespace),
    within: (row) => (row.namespaced ? { namespace } : {}),
    read: ({ row, ref }) => present(client.get(row as Resource<Standing>, ref)),
  };
}

type Calls = Pick<ClusterObjects, "apply" | "patch" | "get" | "list" | "delete" | "condition" | "events">;

const calls = ({ client, passage, namespace, at, within, read }: Scope): Calls => ({
  apply: <T extends KubernetesObject>(object: Manifest) =>
    passage.during(() => applied(client, rowNamed(object.kind), object, namespace) as Promise<T>),
  patch(reference, patch, options = {}) {
    const { row, ref } = at(reference);
    return passage.during(() => client.patch(row, ref, row.typed ? "strategic" : "merge", patch, options));
  },
  get(reference) {
    const { row, ref } = at(reference);
    return passage.during(() => client.get(row, ref));
  },
  async list(kind, labels = {}) {
    const row = rowNamed(kind);
    const listed = await passage.during(() => client.list(row, { ...within(row), labelSelector: selectorOf(labels) }));
    return listed.items;
  },
  delete(reference, options) {
    const { row, ref } = at(reference);
    return passage.during(() => client.delete(row, ref, options));
  },
  async condition(reference, type) {
    const object = await passage.during(() => read(at(reference)));
    return conditionOf(object?.status?.conditions, type);
  },
  events(reference) {
    const { row, ref } = at(reference);
    return passage.during(() => eventsAbout(client, row, ref));
  },
});

type Waits = Pick<ClusterObjects, "until" | "untilDeleted" | "advance">;

function waits({ client, passage, at, read, hint = "" }: Scope): Waits {
  async function wait(done: () => boolean | Promise<boolean>, inVain: () => Error | Promise<Error>): Promise<void> {
    if (!(await passage.until(done, passage.patienceMs))) throw await inVain();
  }
  return {
    until(what: Reference | (() => boolean | Promise<boolean>), type: string = "", reason?: string): Promise<void> {
      if (typeof what === "function") return wait(what, () => new Error(`what was waited for did not come: ${what}${hint}`));
      const target = at(what);
      const holds = async (): Promise<boolean> => {
        const object = await read(target);
        return object !== undefined && isTrue(object, type, reason);
      };
      return wait(holds, () => disappointment(client, target, reason === undefined ? type : `${type} (${reason})`, hint));
    },
    async untilDeleted(reference) {
      const target = at(reference);
      const uid = (await read(target))?.metadata.uid;
      if (uid === undefined) return;
      await wait(
        async () => (await read(target))?.metadata.uid !== uid,
        () => disappointment(client, target, "deleted", hint),
      );
    },
    advance: (duration) => passage.advance(durationMs(duration)),
  };
}

export function clusterObjects(options: ClusterObjectsOptions): ClusterObjects & { stop(): Promise<void> } {
  const scope = scopeOf(options);
  const { client, clock, entropy } = options;
  const observations: Observation<unknown>[] = [];
  return {
    ...calls(scope),
    ...waits(scope),
    observe(kind, labels, project) {
      const row = rowNamed(kind);
      const following = { client, of: row, ...scope.within(row), labelSelector: selectorOf(labels) };
      const observation = observe({ ...following, clock, entropy, logger: silentLogger }, project);
      observations.push(observation);
      return observation;
    },
    async stop() {
      await Promise.all(observations.map((observation) => observation.stop()));
    },
  };
}

interface Told extends KubernetesObject {
  type: string;
  reason: string;
  message: string;
  firstTimestamp: string | null;
}

async function eventsAbout(client: Client, row: AnyResource, ref: Referred["ref"]): Promise<string[]> {
  const fieldSelector = `involvedObject.kind=${row.kind},involvedObject.name=${ref.name}`;
  const options = { namespace: ref.namespace ?? "default", fieldSelector };
  const { items } = await client.list(rowNamed("Event") as Resource<Told>, options);
  return items
    .sort((a, b) => (a.firstTimestamp ?? "").localeCompare(b.firstTimestamp ?? ""))
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}
