/**
 * Normalisers of values without fields: each takes a JSON value and gives its normal form, and takes null for the zero of its place.
 * They throw DecodeError in Go's words.
 */
import { decodeBase64, encodeBase64 } from "../../base/bytes.ts";
import { canonicalQuantity, QUANTITY_FORMAT, QuantityError } from "../quantity.ts";
import type { ValueKind } from "../schema.ts";
import { normaliseMicroTime, normaliseTime, TimeError } from "../time.ts";
import { DecodeError, type ExactNumber, isExactNumber, mismatch, type Pass } from "./pass.ts";

/** `owner` is the short name of the type that has the field, for messages. */
export type Normalise = (value: unknown, pass: Pass, owner: string) => unknown;

const MAX_INT64 = 9_223_372_036_854_775_807n;
const MIN_INT64 = -9_223_372_036_854_775_808n;

function normaliseString(value: unknown, pass: Pass, owner: string): unknown {
  if (typeof value === "string") return value;
  if (value === null) return "";
  throw mismatch(pass, owner, value, "string");
}

function normaliseBool(value: unknown, pass: Pass, owner: string): unknown {
  if (typeof value === "boolean") return value;
  if (value === null) return false;
  throw mismatch(pass, owner, value, "bool");
}

function normaliseInt32(value: unknown, pass: Pass, owner: string): unknown {
  if (typeof value === "number" && value === (value | 0)) return value === 0 ? 0 : value;
  if (value === null) return 0;
  if (typeof value === "number") throw mismatch(pass, owner, value, "int32", String(value));
  throw mismatch(pass, owner, value, "int32", isExactNumber(value) ? value.source : "");
}

/** Beyond 2^53 the exact text is kept where the platform can write it. */
function normaliseInt64(value: unknown, pass: Pass, owner: string): unknown {
  if (typeof value === "number" && Number.isInteger(value)) return value === 0 ? 0 : value;
  if (value === null) return 0;
  if (isExactNumber(value) && /^-?\d+$/.test(value.source)) {
    const exact = BigInt(value.source);
    if (exact <= MAX_INT64 && exact >= MIN_INT64) return large(value);
  }
  if (typeof value === "object" && (JSON as RawJson).isRawJSON?.(value)) return value;
  const literal = typeof value === "number" ? String(value) : isExactNumber(value) ? value.source : "";
  throw mismatch(pass, owner, value, "int64", literal);
}

interface RawJson {
  rawJSON?(text: string): unknown;
  isRawJSON?(value: unknown): boolean;
}

/** A number as it will be written again: exactly where JSON.rawJSON is there, to the nearest double elsewhere. */
function large({ source }: ExactNumber): unknown {
  const near = Number(source);
  if (Number.isSafeInteger(near) || !/^-?\d+$/.test(source)) return near;
  return (JSON as RawJson).rawJSON?.(source) ?? near;
}

function normaliseDouble(value: unknown, pass: Pass, owner: string): unknown {
  if (typeof value === "number") return value;
  if (value === null) return 0;
  if (isExactNumber(value) && Number.isFinite(Number(value.source))) return Number(value.source);
  throw mismatch(pass, owner, value, "float64", isExactNumber(value) ? value.source : "");
}

/** Base64 as Go reads it: line breaks are skipped; what is written back is canonical. */
function normaliseBytes(value: unknown, pass: Pass, owner: string): unknown {
  if (value === null) return "";
  if (typeof value !== "string") throw mismatch(pass, owner, value, "[]uint8");
  const text = /[\r\n]/.test(value) ? value.replace(/[\r\n]/g, "") : value;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const illegal = text.search(/[^A-Za-z0-9+/]/);
  if (text.length % 4 !== 0 || (illegal >= 0 && illegal < text.length - padding))
    throw new DecodeError(`illegal base64 data at input byte ${illegal >= 0 ? illegal : text.length - (text.length % 4)}`);
  return padding === 0 ? text : encodeBase64(decodeBase64(text));
}

function normaliseQuantity(value: unknown, pass: Pass, owner: string): unknown {
  if (value === null) return "0";
  const text = isExactNumber(value) ? value.source : typeof value === "number" ? String(value) : value;
  if (typeof text !== "string") {
    if (typeof value === "boolean") throw new DecodeError(QUANTITY_FORMAT);
    throw mismatch(pass, owner, value, "resource.Quantity");
  }
  try {
    return canonicalQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError(error.message);
    throw error;
  }
}

const timeBy =
  (normalise: (text: string) => string | null): Normalise =>
  (value, pass) => {
    if (value === null) return null;
    if (typeof value !== "string") throw mismatch(pass, "", value, "string");
    try {
      return normalise(value);
    } catch (error) {
      if (error instanceof TimeError) throw new DecodeError(error.message);
      throw error;
    }
  };

function normaliseIntOrString(value: unknown, pass: Pass, owner: string): unknown {
  return typeof value === "string" ? value : normaliseInt32(value, pass, owner);
}

/** Counts the keys of JSON that no schema describes, and gives numbers back in their written form. */
export function normaliseAny(value: unknown, pass: Pass): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isExactNumber(value)) return large(value);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = normaliseAny(value[index], pass);
    return value;
  }
  const object = value as Record<string, unknown>;
  for (const key of Object.keys(object)) {
    pass.keys++;
    const before = object[key];
    if (typeof before === "object" && before !== null) object[key] = normaliseAny(before, pass);
  }
  return value;
}

function normaliseObject(value: unknown, pass: Pass, owner: string): unknown {
  if (value !== null && (typeof value !== "object" || Array.isArray(value)))
    throw mismatch(pass, owner, value, "map[string]interface {}");
  return normaliseAny(value, pass);
}

function normaliseStrings(value: unknown, pass: Pass, owner: string): unknown {
  if (value === null) return null;
  if (!Array.isArray(value)) throw mismatch(pass, owner, value, "[]string");
  return value.map((element) => normaliseString(element, pass, owner));
}

export const VALUES: Readonly<Partial<Record<ValueKind, Normalise>>> = {
  string: normaliseString,
  bool: normaliseBool,
  int32: normaliseInt32,
  int64: normaliseInt64,
  double: normaliseDouble,
  bytes: normaliseBytes,
  quantity: normaliseQuantity,
  time: timeBy(normaliseTime),
  microTime: timeBy(normaliseMicroTime),
  duration: normaliseString,
  intOrString: normaliseIntOrString,
  rawExtension: normaliseAny,
  fieldsV1: normaliseObject,
  json: normaliseAny,
  any: normaliseAny,
  strings: normaliseStrings,
};

/** The zero of a value that is no pointer, list or map. Structs are made by their own type. */
export const ZEROS: Readonly<Partial<Record<ValueKind, unknown>>> = {
  string: "",
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  bytes: null,
  quantity: "0",
  time: null,
  microTime: null,
  duration: "0s",
  intOrString: 0,
  rawExtension: null,
  fieldsV1: null,
  json: null,
  schemaOrArray: null,
  schemaOrBool: false,
  schemaOrStringArray: null,
  any: null,
  strings: null,
};
