/** The selection of a list, a watch or a delete of a collection: its place in the path and the selectors of its query. */
import { badRequest } from "../api/errors.ts";
import { type FieldRequirement, type LabelMatcher, parseFieldSelector, parseLabelSelector } from "../api/selectors/index.ts";
import type { CacheEntry } from "./cache/entry.ts";
import type { Selection } from "./cache/selection.ts";
import { fieldLabels, unknownFieldLabel } from "./field-labels.ts";
import type { Target } from "./target.ts";

interface Fields {
  namespace: string | undefined;
  name: string | undefined;
  others: readonly FieldRequirement[];
}

/** Name and namespace lead to a place; what else is asked of them, and of other fields, is asked of each object. */
function fieldsOf({ row, face, namespace, name }: Target, text: string): Fields {
  const labels = fieldLabels(row, face);
  const found: Fields = {
    namespace: row.namespaced && namespace !== "" ? namespace : undefined,
    name: name === "" ? undefined : name,
    others: [],
  };
  const others: FieldRequirement[] = [];
  for (const requirement of parseFieldSelector(text).requirements) {
    const field = labels.get(requirement.field);
    if (field === undefined) throw badRequest(unknownFieldLabel(row, requirement.field));
    if (field === "metadata.name" && requirement.operator === "=" && found.name === undefined) found.name = requirement.value;
    else if (field === "metadata.namespace" && requirement.operator === "=" && found.namespace === undefined)
      found.namespace = requirement.value;
    else others.push({ ...requirement, field });
  }
  return { ...found, others };
}

const fieldOf = (entry: CacheEntry, field: string): string => {
  if (field === "metadata.name") return entry.name;
  if (field === "metadata.namespace") return entry.namespace;
  return entry.fields[field] ?? "";
};

function exactLabelsOf({ requirements }: LabelMatcher): Record<string, string> {
  const exact = requirements.filter(({ operator, values }) => (operator === "=" || operator === "in") && values.length === 1);
  return Object.fromEntries(exact.map(({ key, values }) => [key, values[0] ?? ""]));
}

function exactFieldsOf(fields: readonly FieldRequirement[]): Record<string, string> {
  const exact = fields.filter(({ field, operator }) => operator === "=" && !field.startsWith("metadata."));
  return Object.fromEntries(exact.map(({ field, value }) => [field, value]));
}

/** Throws ApiError 400 for selectors that cannot be read or name fields that cannot be selected. */
export function selectionOf(target: Target): Selection {
  const { query } = target.context.info;
  const labelText = query.get("labelSelector") ?? "";
  const fieldText = query.get("fieldSelector") ?? "";
  const labels = parseLabelSelector(labelText);
  const { namespace, name, others } = fieldsOf(target, fieldText);
  const matches = (entry: CacheEntry): boolean => {
    if (!labels.matches(entry.labels)) return false;
    for (const { field, operator, value } of others) if ((fieldOf(entry, field) === value) !== (operator === "=")) return false;
    return true;
  };
  return {
    namespace,
    name,
    exactFields: exactFieldsOf(others),
    exactLabels: exactLabelsOf(labels),
    matches: labels.requirements.length + others.length > 0 ? matches : undefined,
    signature: JSON.stringify([namespace, name, labelText, fieldText]),
  };
}
