/**
 * JSON merge patch.
 *
 * Pure: what did not change is shared with the document. One difference from the RFC is upstream's: a list that takes the place of
 * something else loses the nulls of the objects in it, while a list that takes an object's place keeps them.
 * https://www.rfc-editor.org/rfc/rfc7386
 */
import { isList, isObject, type JsonObject, setMember } from "./json.ts";

/** The document after the patch. `patch` is an object: what a body holds is checked by `parseMergePatch`. */
export function applyMergePatch(document: JsonObject, patch: JsonObject): Record<string, unknown> {
  const result: Record<string, unknown> = { ...document };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setMember(result, key, mergeValue(Object.hasOwn(document, key) ? document[key] : undefined, value));
  }
  return result;
}

function mergeValue(current: unknown, value: unknown): unknown {
  if (!isObject(current)) return withoutNulls(value);
  return isObject(value) ? applyMergePatch(current, value) : value;
}

/** The value without the null members of its objects; nulls that are list elements stay. */
export function withoutNulls(value: unknown): unknown {
  if (isList(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) if (member !== null) setMember(result, key, withoutNulls(member));
  return result;
}
