/**
 * The contract of a controller.
 *
 * Level-triggered: `reconcile` starts from what is there, writes the difference, and may be called any number of times, in any
 * order between keys, never twice at once for one key. It keeps no state that a restart loses. What it throws is logged and the
 * key comes back after a rate-limited delay; a conflict or a missing object is such an everyday case that nothing is logged.
 * It never waits for the clock: `requeueAfter` does.
 */
import type { KubernetesObject } from "../api/meta.ts";
import type { AnyResource, Resource } from "../api/row.ts";
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { Logger } from "../base/logger.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { Client } from "../client/client.ts";
import type { EventRecorder } from "../client/events.ts";
import type { Expectations } from "../client/expectations.ts";
import type { Informers, Lister } from "../client/informer.ts";

export interface ControllerContext {
  /** Acts as the controller's ServiceAccount: system:serviceaccount:kube-system:<name>. */
  client: Client;
  listers: Lister;
  events: EventRecorder;
  expectations: Expectations;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
  /** Look at this key again after a while, whatever happens: deadlines, minReadySeconds. */
  requeueAfter(key: string, delayMs: number): void;
}

export type Reconcile<T extends KubernetesObject> = (object: DeepReadonly<T>, context: ControllerContext) => Promise<void>;

/** What puts a key in the queue, besides changes of the reconciled kind itself. */
export type Wake =
  /** Changes of objects that the reconciled object manages, before and after the change. They also meet expectations. */
  | { owned: AnyResource }
  /** Changes of objects without a manager that the reconciled object may adopt: those that its `spec.selector` matches. */
  | { orphans: AnyResource }
  /** Anything else. Write it with `on`. */
  | Watched<KubernetesObject>;

export interface Watched<T extends KubernetesObject> {
  on: AnyResource;
  /** The keys to wake for an object, asked before and after its change. */
  wakes(object: DeepReadonly<T>, listers: Lister): readonly string[];
  /** True for a change that means nothing here. */
  ignores?(object: DeepReadonly<T>, previous: DeepReadonly<T>): boolean;
  /** True where new objects mean nothing here. */
  ignoresNew?: boolean;
}

/** `on(Pod, (pod, listers) => keys)`: the keys to wake for a change of an object of another kind. */
export function on<T extends KubernetesObject>(
  of: Resource<T>,
  wakes: Watched<T>["wakes"],
  ignores: Watched<T>["ignores"] = () => false,
): Wake {
  return { on: of, wakes, ignores } as Watched<T> as unknown as Watched<KubernetesObject>;
}

/** `gone(Pod, (pod, listers) => keys)`: the keys to wake when an object of another kind goes, or changes as `ignores` lets through. */
export function gone<T extends KubernetesObject>(
  of: Resource<T>,
  wakes: Watched<T>["wakes"],
  ignores: Watched<T>["ignores"] = () => true,
): Wake {
  return { on: of, wakes, ignores, ignoresNew: true } as Watched<T> as unknown as Watched<KubernetesObject>;
}

export interface Controller<T extends KubernetesObject = KubernetesObject> {
  /** Upstream's name: the ServiceAccount in kube-system, the source of its Events. */
  name: string;
  /** The source of its Events where it has another name. */
  component?: string;
  /** The ServiceAccount where it has another name; `kube-controller-manager` for the manager's own identity. */
  account?: string;
  reconciles: Resource<T>;
  wokenBy: readonly Wake[];
  reconcile: Reconcile<T>;
  /** False for a change of the reconciled kind itself that means nothing here. */
  heeds?(object: DeepReadonly<T>, previous: DeepReadonly<T>): boolean;
  /** The object is gone: what is kept for the key, in memory or elsewhere, can go. */
  forget?(key: string, context: ControllerContext): void | Promise<void>;
  /** How many keys are worked on at once; 5 by default. */
  workers?: number;
  /** Kinds that it reads through listers without being woken by them. */
  reads?: readonly AnyResource[];
  /** Indexes that it asks for. */
  indexes?: readonly Index[];
}

/** A controller of whatever kind: each is called only with objects of its own. */
// biome-ignore lint/suspicious/noExplicitAny: a list of controllers of different kinds
export type AnyController = Controller<any>;

export interface Index {
  of: AnyResource;
  name: string;
  values: (object: DeepReadonly<KubernetesObject>) => readonly string[];
}

/** An index over one kind, with its type. */
export function index<T extends KubernetesObject>(
  of: Resource<T>,
  name: string,
  values: (object: DeepReadonly<T>) => readonly string[],
): Index {
  return { of, name, values: values as unknown as Index["values"] };
}

/** A loop that is no reconciler of one kind (garbage collector, node lifecycle): it sets itself up on the shared informers. */
export interface ControlLoop {
  name: string;
  start(context: ControlLoopContext): { stop(): Promise<void> };
}

export interface ControlLoopContext extends Omit<ControllerContext, "requeueAfter"> {
  informers: Informers;
}
