/** What the checks of the Pod Security Standards have in common. https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
import type { PodSpec } from "../../../../api/generated/shared.ts";
import type { DeepReadonly } from "../../../../base/readonly.ts";

export interface CheckedPod {
  annotations: Readonly<Record<string, string>>;
  spec: DeepReadonly<PodSpec>;
}

export interface Violation {
  reason: string;
  detail: string;
}

export interface Check {
  /** Upstream's; checks are shown in its order. */
  id: string;
  /** The check of the weaker level that this one takes the place of. */
  replaces?: string;
  run(pod: CheckedPod): Violation | undefined;
}

export type CheckedContainer =
  | CheckedPod["spec"]["containers"][number]
  | NonNullable<CheckedPod["spec"]["ephemeralContainers"]>[number];

export const containersOf = ({ spec }: CheckedPod): readonly CheckedContainer[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
];

export const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(", ");

/** `container "a"` or `containers "a", "b"`. */
export const containerList = (names: readonly string[]): string =>
  `${names.length === 1 ? "container" : "containers"} ${quoted(names)}`;

export const unique = (values: readonly string[]): string[] => [...new Set(values)];

/** Reported where any container is bad, with their names. */
export function badContainers(pod: CheckedPod, isBad: (container: CheckedContainer) => boolean): string[] {
  return containersOf(pod)
    .filter(isBad)
    .map(({ name }) => name ?? "");
}

/** `pod`, `container "a"`, or both. */
export function whoList(isPod: boolean, names: readonly string[]): string {
  return [...(isPod ? ["pod"] : []), ...(names.length > 0 ? [containerList(names)] : [])].join(" and ");
}

export const isWindows = ({ spec }: CheckedPod): boolean => spec.os?.name === "windows";
