/**
 * JSON patch, with the readings of the library that kube-apiserver uses: `replace` of an absent member adds it, `test` of an
 * absent member against null holds, list indexes may be negative, and a path through something absent is an error.
 *
 * Pure: each operation copies the containers on its path and shares the rest.
 * https://www.rfc-editor.org/rfc/rfc6902
 */
import { ApiError, tooLarge } from "../errors.ts";
import { has, isList, isObject, type JsonObject, setMember } from "./json.ts";

export interface JsonPatchOperation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

const MAX_OPERATIONS = 10_000;
/** What all `copy` operations of one patch may add, in characters of JSON. */
const MAX_COPIED = 3 * 1024 * 1024;

/** What a list or an object becomes when one of its members is changed. */
type Change = (container: JsonObject | readonly unknown[], key: string) => JsonObject | readonly unknown[];

/** The document after all operations; ApiError 422 where one does not apply, 413 where there are too many. */
export function applyJsonPatch(document: JsonObject, operations: readonly JsonPatchOperation[]): Record<string, unknown> {
  if (operations.length > MAX_OPERATIONS)
    throw tooLarge(
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    );
  const copies = { characters: 0 };
  let result: unknown = document;
  for (const operation of operations) result = applyOperation(result, operation, copies);
  if (!isObject(result)) throw rejected();
  return result;
}

function applyOperation(document: unknown, operation: JsonPatchOperation, copies: { characters: number }): unknown {
  const path = pointer(operation.path);
  switch (operation.op) {
    case "add":
      return change(document, path, adding(valueIn(operation)));
    case "remove":
      return change(document, path, removeMember);
    case "replace":
      return replace(document, path, valueIn(operation));
    case "move": {
      const from = pointer(operation.from);
      return change(change(document, from, removeMember), path, adding(read(document, from)));
    }
    case "copy": {
      const value = read(document, pointer(operation.from)) ?? null;
      copies.characters += JSON.stringify(value).length;
      if (copies.characters > MAX_COPIED) throw rejected();
      return change(document, path, adding(value));
    }
    case "test":
      if (!equal(path.length === 0 ? document : read(document, path), valueIn(operation))) throw rejected();
      return document;
    default:
      throw rejected();
  }
}

/** Upstream says no more than this to the client, whatever was wrong. */
const rejected = (): ApiError =>
  new ApiError({
    code: 422,
    reason: "Invalid",
    message: "the server rejected our request due to an error in our request",
    details: {},
  });

const valueIn = ({ value }: JsonPatchOperation): unknown => value ?? null;

/** The keys of a JSON pointer. Like upstream, what stands before the first slash counts for nothing. */
function pointer(path: unknown): readonly string[] {
  if (typeof path !== "string") throw rejected();
  return path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Copies the containers on the way and lets `with_` change the last one. */
function change(document: unknown, path: readonly string[], with_: Change): JsonObject | readonly unknown[] {
  const [key, ...rest] = path;
  if (key === undefined || !(isObject(document) || isList(document))) throw rejected();
  if (rest.length === 0) return with_(document, key);
  const child = change(memberOf(document, key), rest, with_);
  if (isList(document)) return document.with(indexIn(document, key), child);
  return withMember(document, key, child);
}

function read(document: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined || !(isObject(document) || isList(document))) throw rejected();
  const member = memberOf(document, key);
  return rest.length === 0 ? member : read(member, rest);
}

const memberOf = (container: JsonObject | readonly unknown[], key: string): unknown => {
  if (isList(container)) return container[indexIn(container, key)];
  return has(container, key) ? container[key] : undefined;
};

function withMember(object: JsonObject, key: string, value: unknown): JsonObject {
  const result = { ...object };
  setMember(result, key, value);
  return result;
}

const adding =
  (value: unknown): Change =>
  (container, key) => {
    if (!isList(container)) return withMember(container, key, value ?? null);
    return container.toSpliced(key === "-" ? container.length : positionIn(key, container.length + 1), 0, value ?? null);
  };

const removeMember: Change = (container, key) => {
  if (isList(container)) return container.toSpliced(indexIn(container, key), 1);
  if (!has(container, key)) throw rejected();
  const { [key]: _removed, ...rest } = container;
  return rest;
};

function replace(document: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value;
  return change(document, path, (container, key) =>
    isList(container) ? container.with(indexIn(container, key), value) : withMember(container, key, value),
  );
}

const indexIn = (list: readonly unknown[], key: string): number => positionIn(key, list.length);

/** A place in a list of `length`; negative ones count from its end. */
function positionIn(key: string, length: number): number {
  if (!/^[+-]?\d+$/.test(key)) throw rejected();
  const index = Number(key);
  if (index >= length || index < -length) throw rejected();
  return index < 0 ? index + length : index;
}

/** Deep equality; NaN, which stands for a number in a spelling that no document has, equals nothing. */
function equal(a: unknown, b: unknown): boolean {
  if (isList(a)) return isList(b) && a.length === b.length && a.every((element, index) => equal(element, b[index]));
  if (!isObject(a)) return (a ?? null) === b;
  if (!isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => has(b, key) && equal(a[key], b[key]));
}
