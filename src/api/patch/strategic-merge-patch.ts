/**
 * Strategic merge patch: a merge patch that knows the types. Lists with the strategy `merge` are joined element by element, and
 * directives say what a merge cannot: `$patch`, `$retainKeys`, `$setElementOrder/<list>`, `$deleteFromPrimitiveList/<list>`.
 *
 * Pure: neither document nor patch is changed; what did not change is shared. Errors have upstream's codes, which are 500 for most
 * mistakes of the patch. Only built-in types have it: custom resources answer 415 before it comes to this.
 * https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
import type { ObjectSchema } from "../schema.ts";
import { checkElementOrder, identityOf, orderElements } from "./element-order.ts";
import { has, isList, isObject, type JsonObject, setMember } from "./json.ts";
import { withoutNulls } from "./merge-patch.ts";
import * as errors from "./strategic-merge-errors.ts";
import { type PatchMember, type PatchType, patchTypeOf } from "./strategy.ts";

const PATCH = "$patch";
const RETAIN_KEYS = "$retainKeys";
const ELEMENT_ORDER = "$setElementOrder/";
const DELETE_FROM_LIST = "$deleteFromPrimitiveList/";

/** The document after the patch; `schema` is that of the face under which the request came. */
export function applyStrategicMergePatch(schema: ObjectSchema, document: JsonObject, patch: JsonObject): Record<string, unknown> {
  return mergeObject(document, patch, patchTypeOf(schema));
}

function mergeObject(original: JsonObject, patch: JsonObject, type: PatchType | undefined): Record<string, unknown> {
  if (has(patch, PATCH)) return replaceObject(patch);
  const result = retainKeys(original, patch);
  const done = mergeOrderedLists(result, patch, type);
  for (const [key, value] of Object.entries(patch)) {
    if (key === RETAIN_KEYS || done.has(key)) continue;
    if (key.startsWith(DELETE_FROM_LIST)) deleteFromList(result, key.slice(DELETE_FROM_LIST.length), value);
    else mergeMember({ result, key, value, type });
  }
  return result;
}

/** `$patch: replace` takes the rest of the patch as it is, `$patch: delete` leaves nothing. */
function replaceObject(patch: JsonObject): Record<string, unknown> {
  const { [PATCH]: directive, ...rest } = patch;
  if (directive === "replace") return rest;
  if (directive === "delete") return {};
  throw errors.unknownDirective(directive, patch);
}

/** A copy of the original that has only the members which `$retainKeys`, where it is there, lets it keep. */
function retainKeys(original: JsonObject, patch: JsonObject): Record<string, unknown> {
  if (!has(patch, RETAIN_KEYS)) return { ...original };
  const list = patch[RETAIN_KEYS];
  if (!isList(list)) throw errors.badRetainKeys();
  const kept = new Set(list);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key === RETAIN_KEYS || key.startsWith(DELETE_FROM_LIST) || key.startsWith(ELEMENT_ORDER)) continue;
    if (!kept.has(key)) throw errors.badRetainKeys();
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => kept.has(key)));
}

interface MemberMerge {
  result: Record<string, unknown>;
  key: string;
  value: unknown;
  type: PatchType | undefined;
}

function mergeMember({ result, key, value, type }: MemberMerge): void {
  if (value === null) delete result[key];
  else setMember(result, key, mergeValue(has(result, key) ? result[key] : undefined, value, { key, type }));
}

interface Place {
  key: string;
  type: PatchType | undefined;
}

function mergeValue(current: unknown, value: unknown, place: Place): unknown {
  if (isObject(current) && isObject(value)) {
    const { strategy, type } = memberAt(place);
    return strategy === "replace" ? value : mergeObject(current, value, type);
  }
  if (isList(current) && isList(value)) {
    const member = memberAt(place);
    return member.strategy === "merge" ? mergeList(current, value, member) : value;
  }
  return withoutDirectives(withoutNulls(value));
}

function memberAt({ key, type }: Place): PatchMember {
  const member = type?.member(key);
  if (member === undefined) throw errors.unknownMember(type?.name ?? "", key);
  return member;
}

/** Merges each list that the patch gives an order, and says which members of the patch that settles. */
function mergeOrderedLists(result: Record<string, unknown>, patch: JsonObject, type: PatchType | undefined): Set<string> {
  const done = new Set<string>();
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(ELEMENT_ORDER)) continue;
    const key = directive.slice(ELEMENT_ORDER.length);
    done.add(directive).add(key);
    const merged = mergeOrderedList({ result, key, value: patch[key], type }, order);
    if (merged !== undefined) setMember(result, key, merged);
  }
  return done;
}

function mergeOrderedList({ result, key, value, type }: MemberMerge, order: unknown): unknown[] | undefined {
  const server = has(result, key) ? listOrAbsent(result[key]) : undefined;
  const elements = listOrAbsent(value);
  if (!isList(order)) throw errors.wrongType("[]interface {}", order);
  const member = memberAt({ key, type });
  const { mergeKey } = member;
  checkElementOrder(elements ?? [], order, mergeKey);
  const merged = mergedElements(server, elements, member);
  return merged && orderElements(merged, { patch: order, server: server ?? [], mergeKey });
}

function mergedElements(
  server: readonly unknown[] | undefined,
  elements: readonly unknown[] | undefined,
  member: PatchMember,
): readonly unknown[] | undefined {
  if (elements === undefined) return server;
  if (server === undefined) return withoutDirectives(withoutNulls(elements)) as unknown[];
  return member.strategy === "merge" ? mergeList(server, elements, member) : elements;
}

function listOrAbsent(value: unknown): readonly unknown[] | undefined {
  if (value === undefined || isList(value)) return value;
  throw errors.wrongType("[]interface {}", value);
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], member: PatchMember): unknown[] {
  if (original.length === 0 && patch.length === 0) return [];
  const { mergeKey } = member;
  if (!holdsObjects(original, patch)) {
    const merged = [...new Set([...original, ...patch])];
    return orderElements(merged, { patch, server: original, mergeKey: undefined });
  }
  if (mergeKey === undefined) throw errors.noMergeKeyDeclared(member.type?.name ?? "");
  const { server, elements } = applyElementDirectives(original, patch, mergeKey);
  const merged = mergeElements(server, elements, { mergeKey, type: member.type });
  return orderElements(merged, { patch: elements, server, mergeKey });
}

/** Whether the elements are objects. They are all of one type, and never lists. */
function holdsObjects(...lists: (readonly unknown[])[]): boolean {
  const elements = lists.flat(1);
  if (elements.some(isList)) throw errors.listOfLists();
  const objects = elements.filter(isObject).length;
  if (objects > 0 && objects < elements.length) throw errors.mixedElements();
  return objects > 0;
}

/** Obeys `$patch` inside elements: what is deleted or replaced leaves the original, and directives leave the patch. */
function applyElementDirectives(original: readonly unknown[], patch: readonly unknown[], mergeKey: string) {
  let server = original;
  let replaced = false;
  const elements = patch.filter((element) => {
    if (!isObject(element) || !has(element, PATCH)) return true;
    const directive = element[PATCH];
    if (directive === "replace") replaced = true;
    else if (directive === "merge") throw errors.mergeDirectiveInList();
    else if (directive !== "delete") throw errors.unknownDirective(directive, element);
    else {
      const identity = identityOf(element, mergeKey);
      server = server.filter((each) => identityOf(each, mergeKey) !== identity);
    }
    return false;
  });
  return replaced ? { server: elements, elements: [] } : { server, elements };
}

function mergeElements(
  server: readonly unknown[],
  elements: readonly unknown[],
  { mergeKey, type }: { mergeKey: string; type: PatchType | undefined },
): unknown[] {
  const merged = [...server];
  const positions = new Map<unknown, number>();
  server.forEach((element, index) => {
    const identity = identityOf(element, mergeKey);
    if (!positions.has(identity)) positions.set(identity, index);
  });
  for (const element of elements) {
    const identity = identityOf(element, mergeKey);
    const index = positions.get(identity);
    const current = index === undefined ? undefined : merged[index];
    if (index !== undefined && isObject(current) && isObject(element)) merged[index] = mergeObject(current, element, type);
    else positions.set(identity, merged.push(withoutDirectives(withoutNulls(element))) - 1);
  }
  return merged;
}

function deleteFromList(result: Record<string, unknown>, key: string, values: unknown): void {
  const current = result[key];
  if (!isList(current) || !isList(values)) return;
  const deleted = new Set(values);
  setMember(
    result,
    key,
    current.filter((each) => !deleted.has(each)),
  );
}

/** What the patch adds as new, without its directives: there is nothing that they could refer to. */
function withoutDirectives(value: unknown): unknown {
  if (isList(value)) return value.filter((each) => !isObject(each) || !has(each, PATCH)).map(withoutDirectives);
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const directive = key === PATCH || key === RETAIN_KEYS || key.startsWith(ELEMENT_ORDER) || key.startsWith(DELETE_FROM_LIST);
    if (!directive) setMember(result, key, withoutDirectives(member));
  }
  return result;
}
