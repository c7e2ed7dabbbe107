/**
 * Tables: what `kubectl get` asks for in place of objects, each a row of cells that the server printed.
 *
 * Column names and types are upstream's, from the generated table; kinds that no printer knows have Name and Created At, and such
 * a table without rows says `rows: null`. `rowOf` stands alone so that rows can be kept by revision, though cells that tell ages
 * depend on the time.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import { type TableColumn, tableColumns } from "../generated/table-columns.ts";
import type { KubernetesObject, ObjectMeta } from "../meta.ts";
import type { AnyResource, Cell, Face } from "../row.ts";
import { humanAge } from "./duration.ts";

/** What stands beside the cells of a row: nothing, the metadata, or the object. */
export type IncludeObject = "None" | "Metadata" | "Object";

export interface ColumnDefinition extends TableColumn {
  readonly description: string;
}

export interface RowCondition {
  readonly type: "Completed";
  readonly status: "True";
  readonly reason: string;
  readonly message: string;
}

export interface PartialObjectMetadata {
  kind: "PartialObjectMetadata";
  apiVersion: string;
  metadata: DeepReadonly<ObjectMeta>;
}

export interface TableRow {
  cells: (string | number | boolean | null)[];
  conditions?: readonly RowCondition[];
  object: PartialObjectMetadata | DeepReadonly<KubernetesObject> | null;
}

export interface Table {
  kind: "Table";
  apiVersion: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  columnDefinitions: readonly ColumnDefinition[] | null;
  rows: TableRow[] | null;
}

export interface RowOptions {
  includeObject: IncludeObject;
  nowMs: number;
  /** The face in which objects are included; the row's own by default. */
  face?: Face | undefined;
  /** The version of meta.k8s.io that was asked for. */
  metaVersion?: "v1" | "v1beta1" | undefined;
}

export interface TableOptions extends RowOptions {
  row: AnyResource;
  /** In the stored shape. */
  objects: readonly DeepReadonly<KubernetesObject>[];
  /** The list's own metadata, or the resourceVersion of the one object. */
  metadata: Table["metadata"];
  /** False for all events of a watch but the first: their definitions are null. */
  withColumns?: boolean | undefined;
}

const DEFAULT_COLUMNS: readonly TableColumn[] = [
  { name: "Name", type: "string", format: "name", priority: 0 },
  { name: "Created At", type: "date", format: "", priority: 0 },
];

const definitions = new WeakMap<AnyResource, readonly ColumnDefinition[]>();

/** The columns of a kind's tables. */
export function columnDefinitionsOf(row: AnyResource): readonly ColumnDefinition[] {
  const known = definitions.get(row);
  if (known !== undefined) return known;
  const columns: NonNullable<AnyResource["strategy"]["columnDefinitions"]> =
    row.strategy.columnDefinitions ?? tableColumns[`${row.group}/${row.version}/${row.resource}`] ?? DEFAULT_COLUMNS;
  const made = columns.map((column) => ({ description: "", ...column }));
  definitions.set(row, made);
  return made;
}

/** The answer to a list, a get, or an event of a watch. */
export function tableOf(options: TableOptions): Table {
  const { row } = options;
  const { tableOrder } = row.strategy;
  const objects = tableOrder === undefined ? options.objects : options.objects.toSorted(tableOrder);
  const isEmptyDefault = objects.length === 0 && row.strategy.columns === undefined;
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.metaVersion ?? "v1"}`,
    metadata: options.metadata,
    columnDefinitions: options.withColumns === false ? null : columnDefinitionsOf(row),
    rows: isEmptyDefault ? null : objects.map((object) => rowOf(row, object, options)),
  };
}

/** The row of one object. */
export function rowOf(row: AnyResource, object: DeepReadonly<KubernetesObject>, options: RowOptions): TableRow {
  const conditions = completionOf(object);
  return {
    cells: cellsOf(row, object, options.nowMs).map((cell) => printCell(cell, options.nowMs)),
    ...(conditions ? { conditions } : {}),
    object: included(object, options),
  };
}

function cellsOf(row: AnyResource, object: DeepReadonly<KubernetesObject>, nowMs: number): readonly Cell[] {
  const { name, creationTimestamp } = object.metadata;
  // A bookmark is an object without a name, of which nothing can be printed.
  if (!name) return columnDefinitionsOf(row).map(() => "");
  return row.strategy.columns?.(object, nowMs) ?? [name, creationTimestamp ?? null];
}

function printCell(cell: Cell, nowMs: number): string | number | boolean | null {
  return typeof cell === "object" && cell !== null ? humanAge(cell.ageOf, nowMs) : cell;
}

function included(object: DeepReadonly<KubernetesObject>, options: RowOptions): TableRow["object"] {
  const { includeObject, face, metaVersion = "v1" } = options;
  if (includeObject === "None") return null;
  if (includeObject === "Metadata")
    return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${metaVersion}`, metadata: object.metadata };
  return face?.toFace === undefined ? object : face.toFace(object);
}

const COMPLETED: Readonly<Record<string, readonly RowCondition[]>> = {
  Succeeded: [{ type: "Completed", status: "True", reason: "Succeeded", message: "The pod has completed successfully." }],
  Failed: [{ type: "Completed", status: "True", reason: "Failed", message: "The pod failed." }],
};

/** Rows of Pods that ended say so, for clients that hide them. */
function completionOf(object: DeepReadonly<KubernetesObject>): readonly RowCondition[] | undefined {
  if (object.kind !== "Pod" || object.apiVersion !== "v1") return undefined;
  const { status } = object as { status?: { phase?: string } };
  return COMPLETED[status?.phase ?? ""];
}
