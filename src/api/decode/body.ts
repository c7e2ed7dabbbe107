/**
 * From bytes to a value of the type asked for, in one of three media types. Native JSON parsing comes first; where the byte scan and
 * the pass disagree about the number of keys, or a number needs its spelling, the exact parser takes over.
 */
import { decodeUtf8 } from "../../base/bytes.ts";
import { type ApiError, badRequest } from "../errors.ts";
import { decodeProtobuf, unwrapUnknown } from "../protobuf/index.ts";
import type { ObjectSchema } from "../schema.ts";
import { structNormaliser } from "./compile.ts";
import { parseExactly, scanJson } from "./exact-json.ts";
import type { FieldValidation, MediaType } from "./index.ts";
import { DecodeError, startPass } from "./pass.ts";
import { parseYaml } from "./yaml.ts";

/** What a request must hold: the kind, and the type that describes it. */
export interface Expected {
  group: string;
  version: string;
  kind: string;
  schema: ObjectSchema;
  /** For kinds that every API group has, like DeleteOptions: clients send them in the group of what they ask for. */
  anyGroup?: boolean;
}

type Json = Record<string, unknown>;

export interface Body {
  /** Normalised, with kind and apiVersion. */
  object: Json;
  /** Unknown and duplicate fields, in upstream's words. */
  strictErrors: string[];
}

const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group === "" ? version : `${group}/${version}`;

const cannotHandle = (kind: string, version: string, expected: Expected, why: string): ApiError =>
  badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: ${why}`);

const unrecognized = (expected: Expected, why: string): ApiError =>
  badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): ${why}`);

/** Checks kind and apiVersion, of which a client may leave out either, and fills them in. */
function checkKind(value: unknown, expected: Expected, known: (apiVersion: string, kind: string) => boolean): Json {
  if (value === null) return { apiVersion: apiVersionOf(expected), kind: expected.kind };
  const wanted = apiVersionOf(expected);
  const { kind: sentKind, apiVersion: sentVersion } = value as Json;
  const isText = (field: unknown): boolean => field === undefined || field === null || typeof field === "string";
  if (typeof value !== "object" || Array.isArray(value) || !isText(sentKind) || !isText(sentVersion))
    throw unrecognized(
      expected,
      "couldn't get version/kind; json parse error: json: cannot unmarshal the body into an object with kind and apiVersion",
    );
  const kind = (sentKind as string) || expected.kind;
  const apiVersion = (sentVersion as string) || wanted;
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  if (kind === expected.kind && (apiVersion === wanted || expected.anyGroup === true)) {
    const object = value as Json;
    if (object.kind !== kind) object.kind = kind;
    if (object.apiVersion !== apiVersion) object.apiVersion = apiVersion;
    return object;
  }
  if (!known(apiVersion, kind))
    throw cannotHandle(
      kind,
      version,
      expected,
      `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
  if (apiVersion !== wanted)
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`);
  throw cannotHandle(
    kind,
    version,
    expected,
    `converting (${version}.${kind}) to (${expected.group || "core"}.${expected.kind}): unknown conversion`,
  );
}

export interface BodyOptions {
  expected: Expected;
  /** Whether a kind is known at all: decides between two messages. */
  known(apiVersion: string, kind: string): boolean;
  fieldValidation: FieldValidation;
}

interface Normalised extends Body {
  keys: number;
}

/** Normalises a parsed value. Throws ApiError 400. */
export function normaliseValue(
  value: unknown,
  { expected, known, fieldValidation }: BodyOptions,
  keepEmpty: boolean,
): Normalised {
  const object = checkKind(value, expected, known);
  const pass = startPass({ unknown: fieldValidation !== "Ignore", keepEmpty });
  try {
    return { object: structNormaliser(expected.schema)(object, pass, ""), strictErrors: pass.unknown ?? [], keys: pass.keys };
  } catch (error) {
    if (error instanceof DecodeError) throw cannotHandle(expected.kind, expected.version, expected, error.message);
    throw error;
  }
}

function readJson(bytes: Uint8Array, options: BodyOptions): Body {
  const scan = scanJson(bytes);
  const text = decodeUtf8(bytes);
  if (!scan.numbers) {
    const value = parseNatively(text);
    if (value !== undefined) {
      const sentKinds = countKinds(value);
      const body = normaliseValue(value, options, true);
      // Kind and apiVersion that were filled in are keys which the text does not have.
      if (body.keys - 2 + sentKinds === scan.colons) return body;
    }
  }
  return readExactly(text, options);
}

const countKinds = (value: unknown): number =>
  typeof value !== "object" || value === null ? 0 : ("kind" in value ? 1 : 0) + ("apiVersion" in value ? 1 : 0);

function parseNatively(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function readExactly(text: string, options: BodyOptions): Body {
  try {
    const { value, duplicates } = parseExactly(text);
    const body = normaliseValue(value, options, true);
    return { object: body.object, strictErrors: [...duplicates, ...body.strictErrors] };
  } catch (error) {
    if (error instanceof DecodeError)
      throw unrecognized(options.expected, `couldn't get version/kind; json parse error: ${error.message}`);
    throw error;
  }
}

function readYaml(bytes: Uint8Array, options: BodyOptions): Body {
  try {
    const { value, duplicates } = parseYaml(decodeUtf8(bytes));
    const body = normaliseValue(value, options, true);
    const yamlErrors = duplicates.map((duplicate) => `error strict decoding YAML: ${duplicate}`);
    return { object: body.object, strictErrors: [...yamlErrors, ...body.strictErrors] };
  } catch (error) {
    if (error instanceof DecodeError) throw unrecognized(options.expected, `couldn't get version/kind; ${error.message}`);
    throw error;
  }
}

function readProtobuf(bytes: Uint8Array, options: BodyOptions): Body {
  const { apiVersion, kind, raw } = unwrapUnknown(bytes);
  const value = {
    ...checkKind({ apiVersion, kind }, options.expected, options.known),
    ...decodeProtobuf(options.expected.schema.name, raw),
  };
  return normaliseValue(value, options, false);
}

/** Reads a body. Throws ApiError 400. */
export function readBody(bytes: Uint8Array, mediaType: MediaType, options: BodyOptions): Body {
  switch (mediaType) {
    case "json":
      return readJson(bytes, options);
    case "yaml":
      return readYaml(bytes, options);
    case "protobuf":
      return readProtobuf(bytes, options);
  }
}

/** Strict turns what was found into an error, Warn into warnings, Ignore into nothing. Throws ApiError 400. */
export function judge(strictErrors: string[], fieldValidation: FieldValidation, expected: Expected): string[] {
  if (fieldValidation === "Ignore" || strictErrors.length === 0) return [];
  if (fieldValidation === "Warn") return strictErrors;
  throw cannotHandle(expected.kind, expected.version, expected, `strict decoding error: ${strictErrors.join(", ")}`);
}
