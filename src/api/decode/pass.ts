/**
 * One run of the decode pass over one object: where it is, what it has found.
 *
 * The path is an array that is overwritten in place; its text is built only when something is wrong.
 */
import type { ObjectSchema } from "../schema.ts";

export interface Pass {
  /** Field names, list indexes and map keys from the root to the current place. */
  readonly path: (string | number | MapKey)[];
  depth: number;
  /** Keys of JSON objects that were visited, to be compared with the colons of the text: fewer means duplicates. */
  keys: number;
  /** Upstream's words for fields that the type does not have; undefined where nobody wants to know. */
  readonly unknown: string[] | undefined;
  /** JSON can say `[]` and `{}` where protobuf cannot, and a few validations tell them from absent. */
  readonly keepEmpty: boolean;
}

/** A key of a map, which paths show like a field. */
export type MapKey = { key: string };

export const startPass = (options: { unknown: boolean; keepEmpty: boolean }): Pass => ({
  path: [],
  depth: 0,
  keys: 0,
  unknown: options.unknown ? [] : undefined,
  keepEmpty: options.keepEmpty,
});

/** `spec.containers[0].foo`: the path of a field below the current place, as strict decoding errors show it. */
export function pathTo(pass: Pass, name: string): string {
  let text = "";
  for (const segment of pass.path.slice(0, pass.depth)) {
    if (typeof segment === "number") text += `[${segment}]`;
    else text += `${text === "" ? "" : "."}${typeof segment === "string" ? segment : segment.key}`;
  }
  return `${text}${text === "" ? "" : "."}${name}`;
}

/** The body does not fit the type. The message is Go's; the boundary adds the kind and turns it into a 400. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number" || typeof value === "string") return typeof value;
  return isExactNumber(value) ? "number" : "object";
}

/** A number that a JavaScript number cannot hold, or that is not written as a plain integer: its text is what counts. */
export class ExactNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export const isExactNumber = (value: unknown): value is ExactNumber => value instanceof ExactNumber;

/** Go's complaint about a value of the wrong JSON type at the current place: the path has field names only. */
export function mismatch(pass: Pass, owner: string, value: unknown, goType: string, literal = ""): DecodeError {
  const names = pass.path.slice(0, pass.depth).filter((segment) => typeof segment === "string");
  const what = `${jsonTypeOf(value)}${literal === "" ? "" : ` ${literal}`}`;
  const place = owner === "" ? "Go value" : `Go struct field ${owner}.${names.join(".")}`;
  return new DecodeError(`json: cannot unmarshal ${what} into ${place} of type ${goType}`);
}

/** `v1.Container`: a type as Go prints it. */
export function goTypeName(typeName: string): string {
  const [version = "", name = ""] = typeName.split(".").slice(-2);
  return `${version}.${name}`;
}

export const localNameOf = (schema: ObjectSchema): string => schema.name.slice(schema.name.lastIndexOf(".") + 1);
