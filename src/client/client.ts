/**
 * The one interface through which every component talks to an API server: over HTTPS or in process, with the same pipeline behind.
 *
 * Objects that come back are the caller's own, except those from informers, which are shared and frozen. Every method throws
 * ApiError as the server answered it, and `serviceUnavailable` where no server could be reached.
 */
import type { Draft, KubernetesObject } from "../api/meta.ts";
import type { AnyResource, Resource } from "../api/row.ts";
import type { DeepReadonly } from "../base/readonly.ts";

export interface ObjectRef {
  namespace?: string;
  name: string;
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: "Exact" | "NotOlderThan";
  /** Objects come as PartialObjectMetadata: kind, apiVersion and metadata alone. */
  metadataOnly?: boolean;
}

export interface ObjectList<T> {
  items: T[];
  resourceVersion: string;
  continue: string;
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

export interface WriteOptions {
  subresource?: string;
  dryRun?: boolean;
  fieldManager?: string;
  force?: boolean;
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: "Orphan" | "Background" | "Foreground";
  uid?: string;
  resourceVersion?: string;
}

export type WatchEvent<T> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  | { type: "BOOKMARK"; resourceVersion: string; initialEventsEnd: boolean };

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Events after this revision. */
  resourceVersion: string;
  bookmarks?: boolean;
  /** Starts with the present state as ADDED events, ended by a bookmark. */
  sendInitialEvents?: boolean;
  timeoutSeconds?: number;
  /** As in ListOptions. */
  metadataOnly?: boolean;
  signal: AbortSignal;
}

/** An object as informers give it, with a status. */
export type WithStatus = DeepReadonly<KubernetesObject> & { readonly status?: unknown };

export interface Client {
  get<T extends KubernetesObject>(of: Resource<T>, ref: ObjectRef, options?: { subresource?: string }): Promise<T>;
  list<T extends KubernetesObject>(of: Resource<T>, options?: ListOptions): Promise<ObjectList<T>>;
  /**
   * Calls `onEvent` for each event, in order, until the watch ends; objects may be frozen and shared. Resolves at a clean end (time-out, abort), rejects with the
   * ApiError of an ERROR event (410: list again) or `serviceUnavailable` where the connection broke.
   */
  watch<T extends KubernetesObject>(
    of: Resource<T>,
    options: WatchOptions,
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<void>;
  create<T extends KubernetesObject>(of: Resource<T>, object: Draft<T>, options?: WriteOptions): Promise<T>;
  /** POST to a subresource with a kind of its own: binding, eviction, token. `R` is what comes back. */
  post<R>(of: AnyResource, ref: ObjectRef, subresource: string, body: object): Promise<R>;
  update<T extends KubernetesObject>(of: Resource<T>, object: DeepReadonly<T>, options?: WriteOptions): Promise<T>;
  /** Writes the status subresource, unless `status` equals the one in `object`; then it answers `object` itself. */
  updateStatusIfChanged<R extends WithStatus>(of: AnyResource, object: R, status: R["status"]): Promise<R>;
  patch<T extends KubernetesObject>(
    of: Resource<T>,
    ref: ObjectRef,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions,
  ): Promise<T>;
  delete(of: AnyResource, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  deleteCollection(of: AnyResource, options?: ListOptions & DeleteOptions): Promise<void>;
  /** Any request, for what has no method of its own (logs, discovery, raw paths). Rejects with ApiError from 400 on. */
  raw(request: RawRequest): Promise<RawResponse>;
}

export interface RawRequest {
  method: string;
  /** With query. */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
  signal?: AbortSignal;
}

export interface RawResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}
