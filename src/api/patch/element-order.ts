/**
 * The order of a merged list: elements that the patch names come in the patch's order, the others keep the server's, and the two
 * are woven so that known pairs keep the server's order.
 * https://github.com/kubernetes/design-proposals-archive/blob/main/cli/preserve-order-in-strategic-merge-patch.md
 */
import { isObject } from "./json.ts";
import { noMergeKey, orderMismatch } from "./strategic-merge-errors.ts";

/** What tells an element from others: its merge key's value, or itself where it is a scalar. */
export function identityOf(element: unknown, mergeKey: string | undefined): unknown {
  if (mergeKey === undefined) return element;
  if (!isObject(element) || !Object.hasOwn(element, mergeKey)) throw noMergeKey(element, mergeKey);
  return element[mergeKey];
}

function positionsOf(list: readonly unknown[], mergeKey: string | undefined): Map<unknown, number> {
  const positions = new Map<unknown, number>();
  list.forEach((element, index) => {
    const identity = isObject(element) && mergeKey !== undefined ? element[mergeKey] : element;
    if (!positions.has(identity)) positions.set(identity, index);
  });
  return positions;
}

interface Orders {
  /** The order that the patch asks for. */
  patch: readonly unknown[];
  /** The order before the patch. */
  server: readonly unknown[];
  mergeKey: string | undefined;
}

export function orderElements(merged: readonly unknown[], { patch, server, mergeKey }: Orders): unknown[] {
  const inPatch = positionsOf(patch, mergeKey);
  const onServer = positionsOf(server, mergeKey);
  const positioned = merged.map((element) => {
    const identity = identityOf(element, mergeKey);
    return { element, patch: inPatch.get(identity), server: onServer.get(identity) ?? -1 };
  });
  const named = positioned.filter((each) => each.patch !== undefined).sort((a, b) => (a.patch ?? 0) - (b.patch ?? 0));
  const others = positioned.filter((each) => each.patch === undefined).sort((a, b) => a.server - b.server);
  return weave(others, named);
}

interface Positioned {
  element: unknown;
  server: number;
}

function weave(others: readonly Positioned[], named: readonly Positioned[]): unknown[] {
  const result: unknown[] = [];
  let next = 0;
  for (const other of others) {
    for (let name = named[next]; name !== undefined && !isBefore(other, name); name = named[next]) {
      result.push(name.element);
      next += 1;
    }
    result.push(other.element);
  }
  for (const rest of named.slice(next)) result.push(rest.element);
  return result;
}

const isBefore = (a: Positioned, b: Positioned): boolean => a.server >= 0 && b.server >= 0 && a.server < b.server;

/** Elements of a patch must be named by its `$setElementOrder`, in the same order. Deletions need not. */
export function checkElementOrder(elements: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (order.length === 0) return;
  const kept = mergeKey === undefined ? elements : elements.filter((each) => !isObject(each) || each.$patch !== "delete");
  let found = 0;
  for (const named of order) {
    if (found === kept.length) return;
    if (identityOf(kept[found], mergeKey) === identityOf(named, mergeKey)) found += 1;
  }
  if (found < kept.length) throw orderMismatch(elements, order);
}
