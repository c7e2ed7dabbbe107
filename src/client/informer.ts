/**
 * What an informer offers: an eventually consistent, shared, frozen view of all objects of a kind, kept by list and watch.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import type { KubernetesObject } from "../api/meta.ts";
import type { AnyResource, Resource } from "../api/row.ts";
import type { DeepReadonly } from "../base/readonly.ts";

export interface Lister {
  get<T extends KubernetesObject>(of: Resource<T>, namespace: string, name: string): DeepReadonly<T> | undefined;
  /** All objects, or those of a namespace. Cost: one step an object. */
  list<T extends KubernetesObject>(of: Resource<T>, namespace?: string): Iterable<DeepReadonly<T>>;
  /** Objects that `owner` manages (controller reference with its uid). Costs as much as there are such objects. */
  ownedBy<T extends KubernetesObject>(of: Resource<T>, owner: DeepReadonly<KubernetesObject>): readonly DeepReadonly<T>[];
  /** Objects of the namespace that nobody manages. */
  orphans<T extends KubernetesObject>(of: Resource<T>, namespace: string): readonly DeepReadonly<T>[];
  /** Objects for which the index function of that name gave `value`. */
  byIndex<T extends KubernetesObject>(of: Resource<T>, index: string, value: string): readonly DeepReadonly<T>[];
}

export interface InformerHandlers<T> {
  added?(object: DeepReadonly<T>): void;
  updated?(object: DeepReadonly<T>, previous: DeepReadonly<T>): void;
  deleted?(object: DeepReadonly<T>): void;
}

/** One list and one watch a kind, however many components look at it. */
export interface Informers extends Lister {
  /** Starts to follow the kind (once). Handlers run in order, first with `added` for all that is there. */
  watch<T extends KubernetesObject>(of: Resource<T>, handlers?: InformerHandlers<T>): void;
  /** Whether somebody watches the kind already. */
  watches(of: AnyResource): boolean;
  /** Before the kind is first watched: objects can then be found by what `values` gives for them. */
  addIndex<T extends KubernetesObject>(
    of: Resource<T>,
    name: string,
    values: (object: DeepReadonly<T>) => readonly string[],
  ): void;
  /** Resolves when every watched kind has been listed and its handlers have run. */
  synced(): Promise<void>;
  stop(): Promise<void>;
}
