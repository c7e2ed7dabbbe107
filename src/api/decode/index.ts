/**
 * From bytes or a parsed value to a normalised object: the one pass that normalises, defaults, prunes and reports.
 *
 * Errors are ApiErrors 400 in upstream's words. The object that comes back belongs to the caller. A YAML body needs `prepareYaml()`
 * to have been awaited.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
 */
import { discovery } from "../generated/discovery.ts";
import type { KubernetesObject } from "../meta.ts";
import type { AnyResource, Face } from "../row.ts";
import { META_TYPES, schemaOf } from "../schema.ts";
import { type BodyOptions, type Expected, judge, normaliseValue, readBody } from "./body.ts";
import { structNormaliser } from "./compile.ts";
import { startPass } from "./pass.ts";

export type { Expected } from "./body.ts";
export { prepareYaml } from "./yaml.ts";

export type MediaType = "json" | "yaml" | "protobuf";

/** What happens to fields that the type does not have, and to duplicate keys: an error, a warning, or nothing. */
export type FieldValidation = "Strict" | "Warn" | "Ignore";

export interface DecodeOptions {
  row: AnyResource;
  /** The face under which the request came; the row's own by default. */
  face?: Face | undefined;
  bytes: Uint8Array;
  mediaType: MediaType;
  fieldValidation: FieldValidation;
}

export interface NormaliseOptions {
  row: AnyResource;
  face?: Face | undefined;
  /** A parsed value, which may be changed. */
  value: unknown;
  fieldValidation: FieldValidation;
}

export interface Decoded {
  /** In the stored shape, with defaults. */
  object: KubernetesObject;
  /** Texts of `Warning` headers. */
  warnings: string[];
}

const known = (apiVersion: string, kind: string): boolean =>
  discovery.some(
    (entry) => entry.kind === kind && (entry.group === "" ? entry.version : `${entry.group}/${entry.version}`) === apiVersion,
  );

const faceOf = (row: AnyResource, face: Face | undefined): Face => face ?? (row.faces[0] as Face);

/** In the stored shape of the row, with defaults. */
function stored(row: AnyResource, face: Face, sent: Record<string, unknown>): KubernetesObject {
  const object = sent as unknown as KubernetesObject;
  const converted = face.fromFace === undefined ? object : face.fromFace(object);
  applyDefaults(row, converted);
  return converted;
}

/** Decodes a request body. Throws ApiError 400: malformed, of a wrong kind, of wrong types, or (Strict) with unknown fields. */
export function decode({ row, face, bytes, mediaType, fieldValidation }: DecodeOptions): Decoded {
  const expected = faceOf(row, face);
  const { object, strictErrors } = readBody(bytes, mediaType, { expected, known, fieldValidation });
  return { object: stored(row, expected, object), warnings: judge(strictErrors, fieldValidation, expected) };
}

/** The same for a value that is already parsed: what a patch or a webhook made. */
export function normalise({ row, face, value, fieldValidation }: NormaliseOptions): Decoded {
  const expected = faceOf(row, face);
  const { object, strictErrors } = normaliseValue(value, { expected, known, fieldValidation }, true);
  return { object: stored(row, expected, object), warnings: judge(strictErrors, fieldValidation, expected) };
}

/** Runs the defaults again, after an admission webhook changed the object. Changes `object`. */
export function applyDefaults(row: AnyResource, object: KubernetesObject): void {
  row.strategy.default?.(object);
}

export interface DecodeKindOptions extends Omit<BodyOptions, "known"> {
  bytes: Uint8Array;
  mediaType: MediaType;
}

/** Decodes what is no row's own kind: Scale, Binding, Eviction, TokenRequest. Without defaults. Throws ApiError 400. */
export function decodeKind({ expected, bytes, mediaType, fieldValidation }: DecodeKindOptions): {
  object: Record<string, unknown>;
  warnings: string[];
} {
  const accepted = (apiVersion: string, kind: string): boolean => kind === expected.kind || known(apiVersion, kind);
  const { object, strictErrors } = readBody(bytes, mediaType, { expected, known: accepted, fieldValidation });
  return { object, warnings: judge(strictErrors, fieldValidation, expected) };
}

/** DeleteOptions, CreateOptions, UpdateOptions, PatchOptions as a body; clients send them as `v1` or in the resource's group. */
export function decodeOptions(
  kind: "DeleteOptions" | "CreateOptions" | "UpdateOptions" | "PatchOptions",
  bytes: Uint8Array,
  mediaType: MediaType,
): Record<string, unknown> {
  if (bytes.length === 0) return {};
  const schema = schemaOf(`${META_TYPES}${kind}`);
  const { object } = readBody(bytes, mediaType, {
    expected: { group: "", version: "v1", kind, schema, anyGroup: true },
    known: () => true,
    fieldValidation: "Ignore",
  } satisfies BodyOptions);
  return object;
}

/** Brings an object of a built-in type into its normal form, without looking at its kind; for what we made ourselves. */
export function normaliseType(expected: Pick<Expected, "schema">, value: Record<string, unknown>): Record<string, unknown> {
  return structNormaliser(expected.schema)(value, startPass({ unknown: false, keepEmpty: false }), "");
}
