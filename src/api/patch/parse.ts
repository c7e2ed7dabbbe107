/** From the body of a PATCH request to what the functions of this folder take. Errors are ApiErrors 400 in upstream's words. */
import { encodeUtf8 } from "../../base/bytes.ts";
import { parseExactly, scanJson } from "../decode/exact-json.ts";
import { badRequest } from "../errors.ts";
import { isList, isObject, type JsonObject, jsonTypeOf } from "./json.ts";
import type { JsonPatchOperation } from "./json-patch.ts";

/** Parses the body of a JSON patch. */
export function parseJsonPatch(text: string): readonly JsonPatchOperation[] {
  const operations = parse(text, "error decoding patch: ");
  if (!isList(operations))
    throw badRequest(`json: cannot unmarshal ${jsonTypeOf(operations)} into Go value of type jsonpatch.Patch`);
  return operations.map((operation, index) => {
    if (!isObject(operation))
      throw badRequest(`json: cannot unmarshal ${jsonTypeOf(operation)} into Go value of type jsonpatch.Operation`);
    return operation.op === "test" ? withExactNumbers(operation, text, index) : operation;
  });
}

/**
 * Upstream compares the bytes of numbers: `test` of 1 against `1.0` fails. Documents hold numbers in one spelling only, so a number
 * in another one becomes NaN, which equals nothing.
 */
function withExactNumbers(operation: JsonObject, text: string, index: number): JsonPatchOperation {
  if (!/\d[.eE]|-0/.test(text)) return operation;
  const exact = JSON.parse(text, function spelled(this: unknown, _key, value: unknown, context?: { source?: string }) {
    return typeof value === "number" && context?.source !== undefined && context.source !== JSON.stringify(value)
      ? Number.NaN
      : value;
  }) as JsonPatchOperation[];
  return exact[index] ?? operation;
}

const OPERATION_FIELDS = new Set(["op", "path", "from", "value"]);

/** What strict or warning field validation says about the operations themselves. */
export function jsonPatchFieldErrors(operations: readonly JsonPatchOperation[]): string[] {
  return operations.flatMap((operation, index) =>
    Object.keys(operation)
      .filter((field) => !OPERATION_FIELDS.has(field))
      .map((field) => `json patch unknown field "[${index}].${field}"`),
  );
}

/** Parses the body of a merge patch or a strategic merge patch. */
export function parseMergePatch(text: string): JsonObject {
  const patch = parse(text, "");
  if (!isObject(patch))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonTypeOf(patch)} into Go value of type map[string]interface {}`,
    );
  return patch;
}

/** `duplicate field "data.a"` for each key that stands twice in an object of the patch, of which the last one counts. */
export function duplicateFields(text: string, patch: JsonObject): readonly string[] {
  return countKeys(patch) === scanJson(encodeUtf8(text)).colons ? [] : parseExactly(text).duplicates;
}

function countKeys(value: unknown): number {
  if (isList(value)) return value.reduce<number>((sum, element) => sum + countKeys(element), 0);
  if (!isObject(value)) return 0;
  return Object.values(value).reduce<number>((sum, member) => sum + 1 + countKeys(member), 0);
}

function parse(text: string, before: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badRequest(`${before}${syntaxErrorOf(text) ?? messageOf(error)}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What Go says about text that is no JSON. */
function syntaxErrorOf(text: string): string | undefined {
  try {
    parseExactly(text);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
