/**
 * Which rows are served, and under which paths. Built-in rows stand from the start; custom resources come and go at run time, so
 * readers ask the table for each request and keep no row.
 */
import type { AnyResource, Face } from "../api/row.ts";

export interface Served {
  readonly row: AnyResource;
  readonly face: Face;
}

export interface ResourceTable {
  find(group: string, version: string, resource: string): Served | undefined;
  /** The row of that group and plural, under its stored version. */
  row(group: string, resource: string): AnyResource | undefined;
  /** Whether anything is served under this group-version. */
  serves(group: string, version: string): boolean;
  rows(): Iterable<AnyResource>;
  add(row: AnyResource): void;
  remove(row: AnyResource): void;
}

const pathKey = (group: string, version: string, resource: string): string => `${group}/${version}/${resource}`;

export function resourceTable(rows: readonly AnyResource[]): ResourceTable {
  const served = new Map<string, Served>();
  const byPlural = new Map<string, AnyResource>();
  const versions = new Map<string, number>();
  const count = (face: Face, by: number): void => {
    const key = `${face.group}/${face.version}`;
    versions.set(key, (versions.get(key) ?? 0) + by);
  };
  const table: ResourceTable = {
    find: (group, version, resource) => served.get(pathKey(group, version, resource)),
    row: (group, resource) => byPlural.get(`${group}/${resource}`),
    serves: (group, version) => (versions.get(`${group}/${version}`) ?? 0) > 0,
    rows: () => new Set(byPlural.values()),
    add(row) {
      for (const face of row.faces) {
        served.set(pathKey(face.group, face.version, row.resource), { row, face });
        byPlural.set(`${face.group}/${row.resource}`, row);
        count(face, 1);
      }
    },
    remove(row) {
      for (const face of row.faces) {
        if (!served.delete(pathKey(face.group, face.version, row.resource))) continue;
        byPlural.delete(`${face.group}/${row.resource}`);
        count(face, -1);
      }
    },
  };
  for (const row of rows) table.add(row);
  return table;
}
