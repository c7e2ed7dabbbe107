/** A value that follows a set of objects, with all that it has been: what a test says "never" and "always" about. */
import { type KubernetesObject, keyOf } from "../api/meta.ts";
import { type ReflectorOptions, startReflector } from "../client/reflector.ts";

export interface Observation<V> {
  /** One value for the beginning, and one for every change since. */
  readonly values: readonly V[];
  stop(): Promise<void>;
}

export function observe<T extends KubernetesObject, V>(
  options: Omit<ReflectorOptions<T>, "target">,
  project: (objects: readonly T[]) => V,
): Observation<V> {
  const objects = new Map<string, T>();
  const values: V[] = [];
  let complete = false;
  const look = (): void => {
    if (complete) values.push(project([...objects.values()]));
  };
  const reflector = startReflector<T>({
    ...options,
    target: {
      restarted() {
        complete = false;
        objects.clear();
      },
      put(object) {
        objects.set(keyOf(object), object);
        look();
      },
      removed(object) {
        objects.delete(keyOf(object));
        look();
      },
      synced() {
        complete = true;
        look();
      },
    },
  });
  return { values, stop: () => reflector.stop() };
}
