/** A Pod's requests and limits as quantities again, as its status shows them. */
import { quantityMilliValue, quantityValue } from "../../api/quantity.ts";
import type { PodContainer, ReadonlyPod } from "../pod/containers.ts";

/**
 * Sums keep the spelling where one container alone asks, and that of the Pod itself; other sums are plain numbers, milli-units for cpu
 * where needed.
 */
export function writtenRequests(pod: ReadonlyPod): Record<string, string> {
  return { ...sumsOf(textsOf(pod, "requests")), ...pod.spec.resources?.requests };
}

/** What the Pod's cgroup holds it to: only where each of its containers is limited, or the Pod itself. */
export function writtenLimits(pod: ReadonlyPod): Record<string, string> {
  const count = lasting(pod).length;
  const whole = [...textsOf(pod, "limits")].filter(([name, { length }]) => isOfCgroup(name) && length === count);
  const own = Object.entries(pod.spec.resources?.limits ?? {}).filter(([name]) => isOfCgroup(name));
  return { ...sumsOf(new Map(whole)), ...Object.fromEntries(own) };
}

const isOfCgroup = (name: string): boolean => name === "cpu" || name === "memory";

/** Containers that run for as long as the Pod does. */
const lasting = ({ spec }: ReadonlyPod): readonly PodContainer[] => [
  ...spec.containers,
  ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always"),
];

function textsOf(pod: ReadonlyPod, kind: "requests" | "limits"): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  for (const { resources } of lasting(pod)) {
    for (const [name, text] of Object.entries(resources?.[kind] ?? {})) texts.set(name, [...(texts.get(name) ?? []), text]);
  }
  return texts;
}

function sumsOf(texts: ReadonlyMap<string, readonly string[]>): Record<string, string> {
  const sums = [...texts].map(([name, quantities]): [string, string] => [
    name,
    quantities.length === 1 ? (quantities[0] ?? "0") : sumOf(name, quantities),
  ]);
  return Object.fromEntries(sums);
}

const BINARY: readonly [string, number][] = [
  ["Ti", 2 ** 40],
  ["Gi", 2 ** 30],
  ["Mi", 2 ** 20],
  ["Ki", 2 ** 10],
];

function sumOf(name: string, quantities: readonly string[]): string {
  if (name === "cpu") {
    const milli = quantities.reduce((sum, text) => sum + quantityMilliValue(text), 0);
    return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
  }
  const sum = quantities.reduce((total, text) => total + quantityValue(text), 0);
  const isBinary = quantities.some((text) => text.endsWith("i"));
  const unit = isBinary ? BINARY.find(([, size]) => sum !== 0 && sum % size === 0) : undefined;
  return unit === undefined ? String(sum) : `${sum / unit[1]}${unit[0]}`;
}
