/**
 * Turns controllers into queues and workers on the shared informers.
 *
 * A controller says what wakes it; here that becomes handlers. Nothing here scans a kind for an event: owners are found by their
 * reference, adopters among the objects of one namespace.
 */
import { isConflict, isNotFound } from "../api/errors.ts";
import { controllerOf, type KubernetesObject, keyOf, namespaceOf, splitKey } from "../api/meta.ts";
import type { AnyResource } from "../api/row.ts";
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { Logger } from "../base/logger.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { Client } from "../client/client.ts";
import { createEventRecorder } from "../client/event-recorder.ts";
import { createExpectations, type Expectations } from "../client/expectations.ts";
import type { InformerHandlers, Informers } from "../client/informer.ts";
import { createWorkQueue } from "../client/work-queue.ts";
import type { AnyController, ControlLoop, ControllerContext, Wake } from "./controller.ts";
import { adopters } from "./ownership.ts";
import { messageOf } from "./pod-control.ts";

export interface ControllersOptions {
  controllers: readonly AnyController[];
  loops?: readonly ControlLoop[];
  informers: Informers;
  /** A client that acts as the ServiceAccount of that name in kube-system; as the manager itself for `kube-controller-manager`. */
  clientFor(name: string): Client;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
}

type Any = DeepReadonly<KubernetesObject>;
type Handlers = Required<InformerHandlers<KubernetesObject>>;

/** Everything but the key: one for each controller and loop. */
function contextOf(
  { name, account = name, component = name }: { name: string; account?: string; component?: string },
  { informers, clientFor, clock, entropy, logger }: ControllersOptions,
) {
  const client = clientFor(account);
  const own = logger.with({ controller: name });
  const events = createEventRecorder({ client, clock, entropy, component, logger: own });
  return { client, listers: informers, events, expectations: createExpectations(clock), clock, entropy, logger: own };
}

/** Whether `reference` names an object of this kind, in whatever version. */
const names = (reference: { apiVersion: string; kind: string }, of: AnyResource): boolean =>
  reference.kind === of.kind && reference.apiVersion.split("/")[0] === of.apiVersion.split("/")[0];

/** Wakes the manager of what changed, and tells its expectations. */
function ownedHandlers(of: AnyResource, informers: Informers, expectations: Expectations, add: (key: string) => void): Handlers {
  const managerOf = (object: Any) => {
    const reference = controllerOf(object);
    return reference !== undefined && names(reference, of) ? reference : undefined;
  };
  const wake = (object: Any): void => {
    const manager = managerOf(object);
    if (manager === undefined) return;
    const owner: Any | undefined = informers.get(of, namespaceOf(object), manager.name);
    if (owner?.metadata.uid === manager.uid) add(keyOf(owner));
  };
  const ended = (object: Any): void => {
    const manager = managerOf(object);
    if (manager !== undefined) expectations.deletionObserved(manager, object.metadata.uid);
  };
  return {
    added(object) {
      const manager = managerOf(object);
      if (manager !== undefined) expectations.creationObserved(manager);
      if (object.metadata.deletionTimestamp) ended(object);
      wake(object);
    },
    updated(object, previous) {
      if (object.metadata.deletionTimestamp && !previous.metadata.deletionTimestamp) ended(object);
      if (controllerOf(previous)?.uid !== controllerOf(object)?.uid) wake(previous);
      wake(object);
    },
    deleted(object) {
      ended(object);
      wake(object);
    },
  };
}

/** Wakes those that may adopt an object without a manager. */
function orphanHandlers(of: AnyResource, informers: Informers, add: (key: string) => void): Handlers {
  const wake = (object: Any): void => {
    if (controllerOf(object) !== undefined) return;
    for (const owner of adopters(informers.list(of, namespaceOf(object)), object)) add(keyOf(owner));
  };
  return {
    added: wake,
    updated(object, previous) {
      const released = controllerOf(previous) !== undefined;
      if (released || object.metadata.labels !== previous.metadata.labels) wake(object);
    },
    deleted: wake,
  };
}

function handlersOf(
  wake: Wake,
  of: AnyResource,
  informers: Informers,
  expectations: Expectations,
  add: (key: string) => void,
): Handlers {
  if ("owned" in wake) return ownedHandlers(of, informers, expectations, add);
  if ("orphans" in wake) return orphanHandlers(of, informers, add);
  const tell = (object: Any): void => {
    for (const key of wake.wakes(object, informers)) add(key);
  };
  return {
    added: wake.ignoresNew ? () => {} : tell,
    updated(object, previous) {
      if (wake.ignores?.(object, previous)) return;
      tell(previous);
      tell(object);
    },
    deleted: tell,
  };
}

const kindOf = (wake: Wake): AnyResource => ("owned" in wake ? wake.owned : "orphans" in wake ? wake.orphans : wake.on);

function startController(controller: AnyController, options: ControllersOptions): { stop(): Promise<void> } {
  const { informers, clock } = options;
  const { name, reconciles: of, wokenBy, reads = [], workers = 5 } = controller;
  const context: ControllerContext = {
    ...contextOf(controller, options),
    requeueAfter: (key, delayMs) => queue.addAfter(key, delayMs),
  };
  const { logger, expectations, events } = context;
  const keys = (): string[] => Array.from(informers.list(of) as Iterable<Any>, keyOf);
  const queue = createWorkQueue({
    name,
    clock,
    workers,
    refill: keys,
    async work(key) {
      const { namespace, name } = splitKey(key);
      const object: Any | undefined = informers.get(of, namespace, name);
      if (object !== undefined) await controller.reconcile(object, context);
      else await controller.forget?.(key, context);
    },
    onError(key, error, failures) {
      if (isConflict(error) || isNotFound(error)) return;
      // A fault that lasts is not repeated with every attempt.
      if ((failures & (failures - 1)) === 0) logger.warn("reconcile failed", { key, failures, error: messageOf(error) });
    },
  });
  // Nothing is decided before everything it rests on has been listed.
  const ready = informers.synced;
  let open = false;
  const early = new Set<string>();
  const add = (key: string): void => void (open ? queue.add(key) : early.add(key));

  for (const { of, name, values } of controller.indexes ?? []) informers.addIndex(of, name, values);
  for (const kind of reads) informers.watch(kind);
  for (const wake of wokenBy) informers.watch(kindOf(wake), handlersOf(wake, of, informers, expectations, add));
  informers.watch(of, {
    added: (object: Any) => add(keyOf(object)),
    updated(object: Any, previous: Any) {
      if (controller.heeds?.(object, previous) ?? true) add(keyOf(object));
    },
    deleted(object: Any) {
      expectations.forget(object.metadata);
      add(keyOf(object));
    },
  });
  void ready().then(() => {
    open = true;
    for (const key of early) queue.add(key);
    early.clear();
  });
  return {
    async stop() {
      await queue.stop();
      (events as { stop?(): void }).stop?.();
    },
  };
}

export interface RunningControllers {
  /** Resolves when every controller has seen all that is there. */
  ready(): Promise<void>;
  /** Waits for the work under way. The informers are the caller's. */
  stop(): Promise<void>;
}

export function startControllers(options: ControllersOptions): RunningControllers {
  const running = options.controllers.map((controller) => startController(controller, options));
  for (const loop of options.loops ?? []) {
    running.push(loop.start({ ...contextOf({ name: loop.name }, options), informers: options.informers }));
  }
  return {
    ready: () => options.informers.synced(),
    async stop() {
      await Promise.all(running.map((each) => each.stop()));
    },
  };
}
