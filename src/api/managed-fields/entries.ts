/** Entries of managedFields: which of them are one owner's, and their order. */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { ManagedFieldsEntry } from "../generated/shared.ts";

type Entry = DeepReadonly<ManagedFieldsEntry>;

const text = (value: string | undefined): string => value ?? "";
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Appliers first, then by time, manager, version and subresource. */
export const byOperationAndTime = (a: Entry, b: Entry): number =>
  order(text(a.operation), text(b.operation)) ||
  order(text(a.time), text(b.time)) ||
  order(text(a.manager), text(b.manager)) ||
  order(text(a.apiVersion), text(b.apiVersion)) ||
  order(text(a.subresource), text(b.subresource));

/** Whether two entries are one owner's: who applies is the same in every version. */
export const sameOwner = (a: Entry, b: Entry): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  text(a.subresource) === text(b.subresource) &&
  (a.operation === "Apply" || a.apiVersion === b.apiVersion);

/** The entries that count: of several of one owner the last. */
export const lastOfEach = (entries: readonly Entry[]): readonly Entry[] =>
  entries.filter((entry, index) => !entries.some((other, at) => at > index && sameOwner(entry, other)));
