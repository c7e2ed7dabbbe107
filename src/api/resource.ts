/**
 * Joins the generated discovery table with a strategy into a row.
 *
 * What the table says is not said again beside it: a resource file names its group and plural and adds what no table can say.
 */
import { assert } from "../base/assert.ts";
import type { GroupResource } from "./errors.ts";
import { type DiscoveryEntry, discovery } from "./generated/discovery.ts";
import type { KubernetesObject } from "./meta.ts";
import type { Face, Resource, Strategy } from "./row.ts";
import { schemaOfKind } from "./schema.ts";

/** A further (group, version) under which the same storage is served, with its conversions. */
export interface FaceOptions {
  group: string;
  version: string;
  toFace: NonNullable<Face["toFace"]>;
  fromFace: NonNullable<Face["fromFace"]>;
}

export const apiVersionOf = (group: string, version: string): string => (group === "" ? version : `${group}/${version}`);

/** Where the objects of a built-in resource lie in the store. */
const prefixOf = ({ group, resource: plural }: GroupResource): string =>
  group === "" ? `/registry/${plural}/` : `/registry/${group}/${plural}/`;

function entryOf(group: string, plural: string, version?: string): DiscoveryEntry {
  const entry = discovery.find(
    (each) => each.group === group && each.resource === plural && (version === undefined || each.version === version),
  );
  assert(entry, `no resource ${plural} in group ${group}`);
  return entry;
}

function faceOf({ group, version, kind }: { group: string; version: string; kind: string }): Face {
  return {
    group,
    version,
    kind,
    get schema() {
      return schemaOfKind(group, version, kind);
    },
  };
}

/** The row of a built-in resource. The stored version is the first one of the table; `faces` are served besides it. */
export function resource<T extends KubernetesObject>(
  of: GroupResource,
  strategy: Strategy<T> = {},
  faces: readonly FaceOptions[] = [],
): Resource<T> {
  const entry = entryOf(of.group, of.resource);
  const own = faceOf(entry);
  const others = faces.map(({ group, version, toFace, fromFace }) => {
    const { kind } = entryOf(group, of.resource, version);
    return Object.defineProperties(
      { toFace, fromFace } as Face,
      Object.getOwnPropertyDescriptors(faceOf({ group, version, kind })),
    );
  });
  return {
    group: entry.group,
    version: entry.version,
    apiVersion: apiVersionOf(entry.group, entry.version) as T["apiVersion"],
    kind: entry.kind as T["kind"],
    resource: entry.resource,
    singular: entry.singular,
    shortNames: entry.shortNames,
    categories: entry.categories,
    namespaced: entry.namespaced,
    verbs: entry.verbs,
    subresources: entry.subresources,
    typed: true,
    stored: entry.verbs.includes("update"),
    prefix: prefixOf(of),
    faces: [own, ...others],
    get schema() {
      return own.schema;
    },
    strategy,
  };
}
