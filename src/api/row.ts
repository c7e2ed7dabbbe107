/**
 * A row is a storage: one key prefix, one storage version, the (group, version) faces under which it is served, and the few
 * functions that no schema can say. Routing, discovery, OpenAPI, decode, patch, apply, protobuf, cache keys, printing and explain
 * all read the row. A custom resource is the same row, made at run time, with `typed: false`.
 *
 * Names, scope, verbs and subresources come from generated tables; a resource file (`api/<group>/<resource>.ts`) adds its strategy.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import type { DeepReadonly } from "../base/readonly.ts";
import type { TableColumn } from "./generated/table-columns.ts";
import type { KubernetesObject } from "./meta.ts";
import type { ObjectSchema } from "./schema.ts";
import type { Report } from "./validation-report.ts";

export interface Subresource {
  name: string;
  verbs: readonly string[];
  /** What it takes and gives, where that is not the resource's own kind (Scale, Eviction, Binding, TokenRequest, …). */
  kind: { group: string; version: string; kind: string };
}

/** One served (group, version) of a storage. `toFace`/`fromFace` convert from and to the stored shape; absent where it is the same. */
export interface Face {
  group: string;
  version: string;
  kind: string;
  schema: ObjectSchema;
  /** The schema as OpenAPI says it, where it is no generated one: custom resources. */
  openApiSchema?: Readonly<Record<string, unknown>>;
  toFace?(stored: DeepReadonly<KubernetesObject>): KubernetesObject;
  fromFace?(sent: KubernetesObject): KubernetesObject;
}

/** Written as methods, so that the row of one kind can stand where the row of any is asked for. */
interface SubresourceRules<T> {
  validate(object: DeepReadonly<T>, previous: DeepReadonly<T>, report: Report): void;
  prepare(object: T, previous: DeepReadonly<T>, nowMs: number): void;
}

/** What differs from kind to kind. Every member is pure and synchronous; `object` is owned by the caller and may be changed. */
export interface Strategy<T> {
  /** Defaults beyond those of the schema. Runs on every decoded write, and again after each mutating webhook. */
  default?(object: T): void;
  /** What a client may not set on create (status, fields of switched-off features) is reset here. */
  prepareForCreate?(object: T): void;
  /** Same for an update; metadata.generation is the caller's (it grows when anything outside metadata and status differs). */
  prepareForUpdate?(object: T, previous: DeepReadonly<T>): void;
  /** Field errors beyond types and metadata. `previous` is set on update; `face` is the one under which the request came. */
  validate?(object: DeepReadonly<T>, previous: DeepReadonly<T> | undefined, report: Report, face?: Face): void;
  /** Field errors of a write to a subresource, by its name (`status`, `resize`, `ephemeralcontainers`, …). */
  validateSubresource?: Readonly<Record<string, SubresourceRules<T>["validate"]>>;
  /** What a write to the subresource takes over; by default `status` takes the status alone. Changes `object`. */
  prepareSubresource?: Readonly<Record<string, SubresourceRules<T>["prepare"]>>;
  /** Texts of `Warning` headers. */
  warnings?(object: DeepReadonly<T>, previous: DeepReadonly<T> | undefined): string[];
  /** Field selectors besides metadata.name and metadata.namespace. */
  selectableFields?(object: DeepReadonly<T>): Record<string, string>;
  /** Cells of a Table row, in the order of facts/table-columns.json. */
  columns?(object: DeepReadonly<T>, nowMs: number): readonly Cell[];
  /** The order of rows, where upstream sorts them; by default they stand as they are listed. */
  tableOrder?(a: DeepReadonly<T>, b: DeepReadonly<T>): number;
  /** The columns themselves, where the generated table does not have them: custom resources. */
  columnDefinitions?: readonly (TableColumn & { readonly description?: string })[];
  /** The rule for metadata.name; a DNS subdomain unless said otherwise. Gives the complaints about a name. */
  nameErrors?(name: string, prefix: boolean): string[];
  /** False where the resource has no metadata.generation. Which resources count generations is upstream's. */
  hasGeneration?: boolean;
  /** 0 where there is none before the first change; 1 unless said otherwise. */
  firstGeneration?: 0 | 1;
  /** True where other annotations are a new generation too: those of a Deployment go on to its ReplicaSets. */
  countsAnnotations?: boolean;
  /** True where PUT to a name that is not there creates it. */
  createOnUpdate?: boolean;
  /** True where a PUT without a resourceVersion is accepted. */
  unconditionalUpdate?: boolean;
  /** Seconds of grace for a graceful deletion; only Pods have one. */
  gracePeriodSeconds?(object: DeepReadonly<T>, asked: number | undefined): number;
}

/** A cell: what Go would print there. `ageOf` stands for the time since then, printed as kubectl does. */
export type Cell = string | number | boolean | null | { ageOf: string | null | undefined };

export interface Resource<T extends KubernetesObject = KubernetesObject> {
  readonly group: string;
  /** The version that is stored, and that objects in memory have. */
  readonly version: string;
  /** `v1`, `apps/v1`. */
  readonly apiVersion: T["apiVersion"];
  readonly kind: T["kind"];
  /** The plural name in paths. */
  readonly resource: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** True for built-in types: unknown-field policy, strategic merge, protobuf, no kind inside list items. */
  readonly typed: boolean;
  /** False where nothing is stored: reviews, Binding, ComponentStatus. */
  readonly stored: boolean;
  /** Keys of its objects: `<prefix>[<namespace>/]<name>`; starts with `/registry/`, ends with `/`. */
  readonly prefix: string;
  /** The storage's own face first. */
  readonly faces: readonly Face[];
  /** Compiled and parsed lazily. */
  readonly schema: ObjectSchema;
  readonly strategy: Strategy<T>;
}

/** A row of which the kind is not known to the types. Strategies take their own kind, so they meet here. */
// biome-ignore lint/suspicious/noExplicitAny: a list of rows of different kinds; each is called only with its own objects
export type AnyResource = Resource<any>;
