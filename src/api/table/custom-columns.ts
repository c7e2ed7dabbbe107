/**
 * The columns of custom resources: those that the definition names with a JSONPath, after the name; the age where it names none.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#additional-printer-columns
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { CustomResourceColumnDefinition } from "../generated/apiextensions-v1.ts";
import type { KubernetesObject } from "../meta.ts";
import type { Cell, Strategy } from "../row.ts";
import { jsonPath } from "./json-path.ts";

type Column = DeepReadonly<CustomResourceColumnDefinition>;

const AGE: Column = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

/** The two members of a custom resource's strategy that make its tables. */
export function customColumns(
  given: readonly Column[] | undefined,
): Required<Pick<Strategy<KubernetesObject>, "columns" | "columnDefinitions">> {
  const columns = (given?.length ?? 0) > 0 ? (given ?? []) : [AGE];
  const readers = columns.map(({ type, jsonPath: path }) => ({ type, find: jsonPath(path) }));
  return {
    columnDefinitions: [
      { name: "Name", type: "string", format: "name", priority: 0 },
      ...columns.map(({ name, type, format = "", description = "", priority = 0 }) => ({
        name,
        type,
        format,
        description,
        priority,
      })),
    ],
    columns: (object) => [object.metadata.name, ...readers.map(({ type, find }) => cellOf(type, find(object)[0]))],
  };
}

/** A value that is not of the column's type prints as nothing. */
function cellOf(type: string, value: unknown): Cell {
  switch (type) {
    case "string":
      return value === undefined ? null : typeof value === "object" ? JSON.stringify(value) : String(value);
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      if (typeof value !== "string") return null;
      return Number.isNaN(Date.parse(value)) ? "<invalid>" : { ageOf: value };
    default:
      return null;
  }
}
