/**
 * Which fields a field selector may name. A row's strategy says them for its objects; every kind has metadata.name, and
 * metadata.namespace where it is namespaced.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
import type { KubernetesObject } from "../api/meta.ts";
import type { AnyResource, Face } from "../api/row.ts";

/** events.k8s.io calls these fields of the same storage otherwise. */
const EVENT_LABELS: readonly (readonly [string, string])[] = [
  ["regarding.kind", "involvedObject.kind"],
  ["regarding.namespace", "involvedObject.namespace"],
  ["regarding.name", "involvedObject.name"],
  ["regarding.uid", "involvedObject.uid"],
  ["regarding.apiVersion", "involvedObject.apiVersion"],
  ["regarding.resourceVersion", "involvedObject.resourceVersion"],
  ["regarding.fieldPath", "involvedObject.fieldPath"],
  ["reportingController", "reportingComponent"],
  ["reason", "reason"],
  ["type", "type"],
];

/** An object with nothing in it: what the strategy says of it has every name. */
const probe = (row: AnyResource): KubernetesObject =>
  ({
    kind: row.kind,
    apiVersion: row.apiVersion,
    metadata: { name: "" },
    spec: {},
    status: {},
    involvedObject: {},
    source: {},
  }) as unknown as KubernetesObject;

const namesOf = new WeakMap<Face, ReadonlyMap<string, string>>();

/** From the names that selectors use to the row's own. */
export function fieldLabels(row: AnyResource, face: Face): ReadonlyMap<string, string> {
  const known = namesOf.get(face);
  if (known) return known;
  const own = Object.keys(row.strategy.selectableFields?.(probe(row)) ?? {}).map((name) => [name, name] as const);
  const renamed = face.group === "events.k8s.io" ? EVENT_LABELS : own;
  const labels = new Map<string, string>([["metadata.name", "metadata.name"], ...renamed]);
  if (row.namespaced) labels.set("metadata.namespace", "metadata.namespace");
  namesOf.set(face, labels);
  return labels;
}

/** What upstream says about a field that cannot be selected: kinds without fields of their own name those that every kind has. */
export function unknownFieldLabel({ strategy, kind, typed }: AnyResource, label: string): string {
  if (!typed || strategy.selectableFields === undefined)
    return `"${label}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
  return kind === "Job" ? `field label "${label}" not supported for Job` : `field label not supported: ${label}`;
}
