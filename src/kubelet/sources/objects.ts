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

interface Followed {
  reflector: Reflector;
  object: DeepReadonly<ConfigMap | Secret> | undefined;
  synced: boolean;
  waiters: (() => void)[];
  users: Map<string, () => void>;
}

const RESOURCES: Record<ReferencedKind, Resource<ConfigMap> | Resource<Secret>> = { configmap: ConfigMap, secret: Secret };

export function watchedObjects(options: { client: Client; clock: Clock; entropy: Entropy; logger: Logger }): ObjectSource {
  const { client, clock, entropy, logger } = options;
  const followed = new Map<string, Followed>();
  const wanted = new Map<string, ReadonlySet<string>>();

  const keyOf = (kind: ReferencedKind, namespace: string, name: string): string => `${kind} ${objectKey(namespace, name)}`;

  function start(kind: ReferencedKind, namespace: string, name: string): Followed {
    const entry: Followed = {
      object: undefined,
      synced: false,
      waiters: [],
      users: new Map(),
      reflector: startReflector<ConfigMap | Secret>({
        client,
        of: RESOURCES[kind] as Resource<ConfigMap | Secret>,
        namespace,
        fieldSelector: `metadata.name=${name}`,
        clock,
        entropy,
        logger,
        target: {
          restarted() {},
          put: (object) => {
            if (object.metadata.name === name) changed(object);
          },
          removed: () => changed(undefined),
          synced() {
            entry.synced = true;
            for (const resolve of entry.waiters) resolve();
            entry.waiters = [];
          },
        },
      }),
    };
    const changed = (object: Followed["object"]): void => {
      entry.object = object;
      if (entry.synced) for (const onChange of entry.users.values()) onChange();
    };
    followed.set(keyOf(kind, namespace, name), entry);
    return entry;
  }

  function release(uid: string, keys: Iterable<string>): void {
    for (const key of keys) {
      const entry = followed.get(key);
      entry?.users.delete(uid);
      if (entry === undefined || entry.users.size > 0) continue;
      followed.delete(key);
      void entry.reflector.stop();
    }
  }

  async function read(kind: ReferencedKind, namespace: string, name: string): Promise<Followed["object"]> {
    const entry = followed.get(keyOf(kind, namespace, name));
    // Nobody said that it is needed: a read of its own.
    if (entry === undefined) return client.get(RESOURCES[kind] as Resource<ConfigMap | Secret>, { namespace, name });
    if (!entry.synced) await new Promise<void>((resolve) => entry.waiters.push(resolve));
    if (entry.object === undefined) throw notFound({ group: "", resource: kind }, name);
    return entry.object;
  }

  return {
    configMap: (namespace, name) => read("configmap", namespace, name) as Promise<DeepReadonly<ConfigMap>>,
    secret: (namespace, name) => read("secret", namespace, name) as Promise<DeepReadonly<Secret>>,
    follow(pod, references, onChange) {
      const { uid, namespace } = pod.metadata;
      const keys = new Set<string>();
      for (const { kind, name } of references) {
        const key = keyOf(kind, namespace, name);
        keys.add(key);
        const entry = followed.get(key) ?? start(kind, namespace, name);
        entry.users.set(uid, onChange);
      }
      const before = wanted.get(uid) ?? new Set();
      wanted.set(uid, keys);
      release(
        uid,
        [...before].filter((key) => !keys.has(key)),
      );
    },
    forget(uid) {
      release(uid, wanted.get(uid) ?? []);
      wanted.delete(uid);
    },
    async stop() {
      await Promise.all([...followed.values()].map(({ reflector }) => reflector.stop()));
      followed.clear();
    },
  };
}
