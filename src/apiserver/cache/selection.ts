/**
 * Which objects a list or a watch is about. `buckets` names where a watcher with this selection is kept, so that an event finds
 * it without asking every watcher.
 */
import type { CacheEntry } from "./entry.ts";

export interface Selection {
  readonly namespace: string | undefined;
  /** From `metadata.name=…`. */
  readonly name: string | undefined;
  /** The fields that must have exactly this value, besides name and namespace. */
  readonly exactFields: Readonly<Record<string, string>>;
  /** The labels that must have exactly this value. */
  readonly exactLabels: Readonly<Record<string, string>>;
  /** Undefined: every object in the namespace (and of the name) is selected. */
  readonly matches: ((entry: CacheEntry) => boolean) | undefined;
  /** The same text for the same selection: watchers that ask for the same share their frames. */
  readonly signature: string;
}

export const everything: Selection = {
  namespace: undefined,
  name: undefined,
  exactFields: {},
  exactLabels: {},
  matches: undefined,
  signature: "",
};

export function selects(selection: Selection, entry: CacheEntry): boolean {
  if (selection.namespace !== undefined && selection.namespace !== entry.namespace) return false;
  if (selection.name !== undefined && selection.name !== entry.name) return false;
  return selection.matches === undefined || selection.matches(entry);
}

/** The prefix of keys that holds all that `selection` can select. */
export const keyPrefix = ({ namespace }: Selection): string => (namespace === undefined ? "" : `${namespace}/`);
