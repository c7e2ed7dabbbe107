/**
 * What an answer holds besides the objects themselves: a list around them, a Table of them, or their metadata alone.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import { badRequest } from "../../api/errors.ts";
import type { KubernetesObject, ObjectMeta } from "../../api/meta.ts";
import { type IncludeObject, type Table, tableOf } from "../../api/table/index.ts";
import { apiVersionOf } from "../target.ts";
import type { ListMetadata, RepresentationOptions } from "./representation.ts";

const INCLUDED: readonly IncludeObject[] = ["None", "Metadata", "Object"];

interface Typed {
  kind: string;
  apiVersion: string;
}

export interface Shape {
  /** The message of one object; of a list. */
  readonly typeName: string;
  readonly listTypeName: string;
  /** What the envelope of one object says, and that of a list. */
  readonly type: Typed;
  readonly listType: Typed;
  /** What is looked at: metadata alone, the object in its stored version, or in the version of the request. */
  readonly looksAt: "metadata" | "stored" | "face";
  one(object: KubernetesObject, metadata: ListMetadata, first: boolean): Typed;
  list(objects: readonly KubernetesObject[], metadata: ListMetadata): Typed;
  bookmark(metadata: ObjectMeta): Typed;
}

const META = "meta.k8s.io/v1";
const META_TYPES = "k8s.io.apimachinery.pkg.apis.meta.v1";

function plainShape({ row, face }: RepresentationOptions): Shape {
  const apiVersion = apiVersionOf(face);
  const bare = ({ kind: _kind, apiVersion: _apiVersion, ...rest }: KubernetesObject): object => rest;
  return {
    get typeName() {
      return face.schema.name;
    },
    get listTypeName() {
      return `${face.schema.name}List`;
    },
    type: { kind: face.kind, apiVersion },
    listType: { kind: `${face.kind}List`, apiVersion },
    looksAt: "face",
    one: (object) => object,
    list: (objects, metadata) =>
      ({ kind: `${face.kind}List`, apiVersion, metadata, items: row.typed ? objects.map(bare) : objects }) as Typed,
    bookmark: (metadata) => ({ kind: face.kind, apiVersion, metadata }) as Typed,
  };
}

const partialOf = ({ metadata }: KubernetesObject): Typed =>
  ({ kind: "PartialObjectMetadata", apiVersion: META, metadata }) as Typed;

const partialShape: Shape = {
  typeName: `${META_TYPES}.PartialObjectMetadata`,
  listTypeName: `${META_TYPES}.PartialObjectMetadataList`,
  type: { kind: "PartialObjectMetadata", apiVersion: META },
  listType: { kind: "PartialObjectMetadataList", apiVersion: META },
  looksAt: "metadata",
  one: partialOf,
  list: (objects, metadata) =>
    ({
      kind: "PartialObjectMetadataList",
      apiVersion: META,
      metadata,
      items: objects.length === 0 ? null : objects.map(partialOf),
    }) as Typed,
  bookmark: (metadata) => ({ kind: "PartialObjectMetadata", apiVersion: META, metadata }) as Typed,
};

function tableShape({ row, face, includeObject, nowMs }: RepresentationOptions): Shape {
  const included = INCLUDED.find((each) => each === includeObject);
  if (included === undefined) throw badRequest(`unrecognized includeObject value: ${JSON.stringify(includeObject)}`);
  const table = (objects: readonly KubernetesObject[], metadata: ListMetadata, first: boolean): Table =>
    // Only the first event of a watch says what the columns are.
    tableOf({ row, objects, includeObject: included, nowMs: nowMs(), face, metadata, withColumns: first });
  return {
    typeName: "",
    listTypeName: "",
    type: { kind: "Table", apiVersion: META },
    listType: { kind: "Table", apiVersion: META },
    looksAt: "stored",
    one: (object, metadata, first) => table([object], metadata, first),
    list: (objects, metadata) => table(objects, metadata, true),
    bookmark: (metadata) =>
      table(
        [{ kind: face.kind, apiVersion: apiVersionOf(face), metadata }],
        { resourceVersion: metadata.resourceVersion ?? "" },
        false,
      ),
  };
}

export function shapeOf(options: RepresentationOptions): Shape {
  switch (options.accepted.as) {
    case "Table":
      return tableShape(options);
    case "PartialObjectMetadata":
    case "PartialObjectMetadataList":
      return partialShape;
    case undefined:
      return plainShape(options);
  }
}
