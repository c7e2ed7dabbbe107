/**
 * The ConfigMaps and Secrets that Pods of this node refer to. The node may read only those, one by one: each is followed by a watch of
 * its own for as long as a Pod refers to it.
 * https://kubernetes.io/docs/reference/access-authn-authz/node/
 */
import { ConfigMap } from "../../api/core/config-map.ts";
import { Secret } from "../../api/core/secret.ts";
import { notFound } from "../../api/errors.ts";
import { objectKey } from "../../api/meta.ts";
import type { Resource } from "../../api/row.ts";
import type { Clock } from "../../base/clock.ts";
import type { Entropy } from "../../base/entropy.ts";
import type { Logger } from "../../base/logger.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Client } from "../../client/client.ts";
import { type Reflector, startReflector } from "../../client/reflector.ts";
import type { ReadonlyPod } from "../pod/containers.ts";

export type ReferencedKind = "configmap" | "secret";

export interface ObjectReference {
  kind: ReferencedKind;
  name: string;
}

export interface ObjectSource {
  /** Rejects with NotFound, in the words of upstream's kubelet (`secret "x" not found`). */
  configMap(namespace: string, name: string): Promise<DeepReadonly<ConfigMap>>;
  secret(namespace: string, name: string): Promise<DeepReadonly<Secret>>;
  /** Follows all that the Pod refers to; `onChange` when one of them changes. Called again when the Pod changed. */
  follow(pod: ReadonlyPod, references: readonly ObjectReference[], onChange: () => void): void;
  forget(uid: string): void;
  stop(): Promise<void>;
}

export interface WatchedObjectsOptions {
  client: Client;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
}

type Referenced = ConfigMap | Secret;

/** One object, for as long as somebody needs it. */
interface Followed {
  object: DeepReadonly<Referenced> | undefined;
  synced(): Promise<void>;
  /** By the uid of the Pod. */
  readonly users: Map<string, () => void>;
  readonly reflector: Reflector;
}

const RESOURCES: Record<ReferencedKind, Resource<Referenced>> = {
  configmap: ConfigMap as Resource<Referenced>,
  secret: Secret as Resource<Referenced>,
};

function followObject(options: WatchedObjectsOptions, { kind, name }: ObjectReference, namespace: string): Followed {
  const users = new Map<string, () => void>();
  let isSynced = false;
  let waiters: (() => void)[] = [];
  const changed = (object: DeepReadonly<Referenced> | undefined): void => {
    entry.object = object;
    if (isSynced) for (const onChange of users.values()) onChange();
  };
  const target = {
    restarted() {},
    // A server that cannot select by name shows others too.
    put: (object: Referenced) => (object.metadata.name === name ? changed(object) : undefined),
    removed: (object: Referenced) => (object.metadata.name === name ? changed(undefined) : undefined),
    synced() {
      isSynced = true;
      for (const resolve of waiters) resolve();
      waiters = [];
    },
  };
  const entry: Followed = {
    object: undefined,
    users,
    synced: () => (isSynced ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    reflector: startReflector({ ...options, of: RESOURCES[kind], namespace, fieldSelector: `metadata.name=${name}`, target }),
  };
  return entry;
}

const keyOf = (kind: ReferencedKind, namespace: string, name: string): string => `${kind} ${objectKey(namespace, name)}`;

export function watchedObjects(options: WatchedObjectsOptions): ObjectSource {
  const followed = new Map<string, Followed>();
  /** What each Pod refers to, by its uid. */
  const wanted = new Map<string, ReadonlySet<string>>();

  function release(uid: string, keys: Iterable<string>): void {
    for (const key of keys) {
      const entry = followed.get(key);
      entry?.users.delete(uid);
      if (entry === undefined || entry.users.size > 0) continue;
      followed.delete(key);
      void entry.reflector.stop();
    }
  }

  async function read(kind: ReferencedKind, namespace: string, name: string): Promise<DeepReadonly<Referenced>> {
    const entry = followed.get(keyOf(kind, namespace, name));
    // Nobody said that it is needed: a read of its own.
    if (entry === undefined) return options.client.get(RESOURCES[kind], { namespace, name });
    await entry.synced();
    if (entry.object === undefined) throw notFound({ group: "", resource: kind }, name);
    return entry.object;
  }

  return {
    configMap: (namespace, name) => read("configmap", namespace, name) as Promise<DeepReadonly<ConfigMap>>,
    secret: (namespace, name) => read("secret", namespace, name) as Promise<DeepReadonly<Secret>>,
    follow({ metadata: { uid, namespace } }, references, onChange) {
      const keys = new Set<string>();
      for (const reference of references) {
        const key = keyOf(reference.kind, namespace, reference.name);
        keys.add(key);
        const entry = followed.get(key) ?? followObject(options, reference, namespace);
        followed.set(key, entry);
        entry.users.set(uid, onChange);
      }
      const gone = [...(wanted.get(uid) ?? [])].filter((key) => !keys.has(key));
      wanted.set(uid, keys);
      release(uid, gone);
    },
    forget(uid) {
      release(uid, wanted.get(uid) ?? []);
      wanted.delete(uid);
    },
    async stop() {
      const stopped = [...followed.values()].map(({ reflector }) => reflector.stop());
      followed.clear();
      await Promise.all(stopped);
    },
  };
}
