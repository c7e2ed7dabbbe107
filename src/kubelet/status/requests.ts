/** A Pod's requests as quantities again, as its status shows them. */
import { quantityMilliValue, quantityValue } from "../../api/quantity.ts";
import type { PodContainer, ReadonlyPod } from "../pod/containers.ts";

/**
 * Sums keep the spelling where one container alone asks, and that of the Pod itself; other sums are plain numbers, milli-units for cpu
 * where needed.
 */
export function writtenRequests(pod: ReadonlyPod): Record<string, string> {
  const all: readonly PodContainer[] = [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always"),
  ];
  const texts = new Map<string, string[]>();
  for (const { resources } of all) {
    for (const [name, text] of Object.entries(resources?.requests ?? {})) texts.set(name, [...(texts.get(name) ?? []), text]);
  }
  const sums = [...texts].map(([name, quantities]): [string, string] => [
    name,
    quantities.length === 1 ? (quantities[0] ?? "0") : sumOf(name, quantities),
  ]);
  return { ...Object.fromEntries(sums), ...pod.spec.resources?.requests };
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
