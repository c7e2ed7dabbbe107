/** Of several classes that are marked as the default, the newest counts, and of the same age the first by name. */
import type { KubernetesObject } from "../../../api/meta.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";

export function newestDefault(
  classes: readonly DeepReadonly<KubernetesObject>[],
  annotations: readonly string[],
): string | undefined {
  const defaults = classes.filter(({ metadata }) => annotations.some((key) => metadata.annotations?.[key] === "true"));
  const madeAt = ({ metadata }: DeepReadonly<KubernetesObject>): number => Date.parse(metadata.creationTimestamp ?? "");
  const [newest] = defaults.toSorted((a, b) => madeAt(b) - madeAt(a) || (a.metadata.name < b.metadata.name ? -1 : 1));
  return newest?.metadata.name;
}
