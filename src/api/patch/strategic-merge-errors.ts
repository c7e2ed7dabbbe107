/**
 * Errors of strategic merge patch. Upstream sends most of them as they are: code 500, no reason, the bare message.
 */
import { ApiError, badRequest } from "../errors.ts";
import { goTypeOf } from "./json.ts";

const failure = (message: string): ApiError => new ApiError({ code: 500, reason: "", message });

export const unknownDirective = (directive: unknown, element: unknown): ApiError =>
  failure(`unknown patch type: ${String(directive)} in map: ${goPrint(element)}`);

export const noMergeKey = (element: unknown, mergeKey: string): ApiError =>
  failure(`map: ${goPrint(element)} does not contain declared merge key: ${mergeKey}`);

export const noMergeKeyDeclared = (typeName: string): ApiError => failure(`cannot merge lists without merge key for ${typeName}`);

export const mergeDirectiveInList = (): ApiError => failure("merging lists cannot yet be specified in the patch");

export const unknownMember = (typeName: string, key: string): ApiError =>
  failure(`unable to find api field in struct ${typeName} for the json field "${key}"`);

export const wrongType = (expected: string, value: unknown): ApiError =>
  failure(`expected a ${expected}, but received a ${goTypeOf(value)}`);

export const orderMismatch = (elements: readonly unknown[], order: readonly unknown[]): ApiError =>
  failure(`The order in patch list:\n${goPrint(elements)}\n doesn't match $setElementOrder list:\n${goPrint(order)}\n`);

export const mixedElements = (): ApiError => failure("all list elements should be of the same type");

/** 422 without details, like a JSON patch that does not apply. */
export const listOfLists = (): ApiError =>
  new ApiError({
    code: 422,
    reason: "Invalid",
    message: "the server rejected our request due to an error in our request",
    details: {},
  });

export const badRetainKeys = (): ApiError => badRequest("$retainKeys list must contain all keys that present in the patch");

/** A value as Go's %v prints it: `map[image:q name:a]`. */
export function goPrint(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goPrint).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  if (value === null) return "<nil>";
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${members.map(([key, member]) => `${key}:${goPrint(member)}`).join(" ")}]`;
}
