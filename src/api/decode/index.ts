/**
 * From bytes or a parsed value to a normalised object: the one pass that normalises, defaults, prunes and reports.
 *
 * Errors are ApiErrors 400 in upstream's words. The object that comes back belongs to the caller.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
 */
import type { KubernetesObject } from "../meta.ts";
import type { AnyResource, Face } from "../row.ts";

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

/** Decodes a request body. Throws ApiError 400: malformed, of a wrong kind, of wrong types, or (Strict) with unknown fields. */
export function decode(options: DecodeOptions): Decoded {
  return normalise({ ...options, value: JSON.parse(new TextDecoder().decode(options.bytes)) as unknown });
}

/** The same for a value that is already parsed: what a patch or a webhook made. */
export function normalise({ row, value }: NormaliseOptions): Decoded {
  const object = value as KubernetesObject;
  applyDefaults(row, object);
  return { object, warnings: [] };
}

/** Runs the defaults again, after an admission webhook changed the object. Changes `object`. */
export function applyDefaults(row: AnyResource, object: KubernetesObject): void {
  row.strategy.default?.(object);
}
