/**
 * Hands the writer's parsed object over to whoever sees its record first, so that a record that was just made is not parsed to be
 * indexed. Keyed by the record itself: stores give back the bytes that they were given.
 */
import type { KubernetesObject } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

export interface Handover {
  offer(record: Uint8Array, object: DeepReadonly<KubernetesObject>): void;
  take(record: Uint8Array): DeepReadonly<KubernetesObject> | undefined;
}

/** What is not taken goes with its record. */
export function handover(): Handover {
  const offered = new WeakMap<Uint8Array, DeepReadonly<KubernetesObject>>();
  return {
    offer: (record, object) => void offered.set(record, object),
    take(record) {
      const object = offered.get(record);
      if (object !== undefined) offered.delete(record);
      return object;
    },
  };
}
