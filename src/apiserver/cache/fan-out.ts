/**
 * From events to those who watch, through an index: each subscription lies in the one bucket that narrows it most (name, field,
 * label, namespace, or all), and an event looks into its own few buckets only.
 *
 * A change of an object that enters a selection is ADDED to its subscribers, one that leaves it is DELETED.
 */
import type { KubernetesObject } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { CacheEntry } from "./entry.ts";
import { type Selection, selects } from "./selection.ts";

export interface CacheEvent {
  readonly revision: number;
  /** The object after the event; absent on delete. */
  readonly entry: CacheEntry | undefined;
  /** The object before it; absent on create. */
  readonly previous: CacheEntry | undefined;
  /** What the writer had parsed of `entry`, while the event is being told; without the revision. */
  written?: DeepReadonly<KubernetesObject> | undefined;
  /** `entry` as an object, frozen, while the event is being told. */
  parsed?: DeepReadonly<KubernetesObject> | undefined;
  /** True once everybody was told: nothing is kept with the event any more. */
  told?: boolean;
}

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

export interface Change {
  readonly type: ChangeType;
  /** What is shown: the new object, or for DELETED the last one that was selected. */
  readonly entry: CacheEntry;
  readonly previous: CacheEntry | undefined;
  readonly event: CacheEvent;
  /** The revision of the event: the one that is shown, for DELETED too. */
  readonly revision: number;
}

export interface Subscription {
  readonly selection: Selection;
  /** All changes of one batch of events, in order. Must not throw. */
  deliver(changes: readonly Change[]): void;
}

export interface FanOut {
  /** Gives the function that ends the subscription. */
  add(subscription: Subscription): () => void;
  dispatch(events: readonly CacheEvent[]): void;
  readonly size: number;
}

/** What `event` is to those who select with `selection`. */
export function changeOf(selection: Selection, event: CacheEvent): Change | undefined {
  const { entry, previous, revision } = event;
  const now = entry !== undefined && selects(selection, entry);
  const before = previous !== undefined && selects(selection, previous);
  if (now) return { type: before ? "MODIFIED" : "ADDED", entry, previous: before ? previous : undefined, event, revision };
  // Deleted or no longer selected: it is shown as it last was, at the revision of the event.
  if (before) return { type: "DELETED", entry: previous, previous, event, revision };
  return undefined;
}

/** `kind` separates buckets of different dimensions; NUL stands in no name, label or field. */
const bucket = (kind: string, ...parts: readonly string[]): string => `${kind}\0${parts.join("\0")}`;

function bucketOf(selection: Selection): string {
  const { namespace, name, exactFields, exactLabels } = selection;
  if (name !== undefined) return bucket("name", name);
  const [field] = Object.entries(exactFields);
  if (field !== undefined) return bucket("field", ...field);
  const [label] = Object.entries(exactLabels);
  if (label !== undefined) return bucket("label", ...label);
  return namespace === undefined ? "all" : bucket("namespace", namespace);
}

/** The window keeps events for long: it must not keep objects. */
function forget(events: readonly CacheEvent[]): void {
  for (const event of events) {
    event.parsed = undefined;
    event.written = undefined;
    event.told = true;
  }
}

export function fanOut(): FanOut {
  const buckets = new Map<string, Set<Subscription>>();
  /** How many subscriptions lie in buckets of a dimension (`field\0spec.nodeName`): others are not looked up. */
  const dimensions = new Map<string, number>();
  let size = 0;

  const dimensionOf = (name: string): string => name.split("\0", 2).join("\0");

  function count(name: string, by: number): void {
    if (!name.startsWith("field") && !name.startsWith("label")) return;
    const dimension = dimensionOf(name);
    const total = (dimensions.get(dimension) ?? 0) + by;
    if (total > 0) dimensions.set(dimension, total);
    else dimensions.delete(dimension);
  }

  function bucketsOf(entry: CacheEntry, found: Set<string>): void {
    found.add(bucket("name", entry.name));
    if (entry.namespace !== "") found.add(bucket("namespace", entry.namespace));
    for (const dimension of dimensions.keys()) {
      const [kind, key = ""] = dimension.split("\0");
      const value = kind === "field" ? (entry.fields[key] ?? "") : entry.labels[key];
      if (value !== undefined) found.add(`${dimension}\0${value}`);
    }
  }

  return {
    get size() {
      return size;
    },
    add(subscription) {
      const name = bucketOf(subscription.selection);
      const members = buckets.get(name) ?? new Set();
      buckets.set(name, members.add(subscription));
      count(name, 1);
      size++;
      return () => {
        if (!members.delete(subscription)) return;
        count(name, -1);
        size--;
        if (members.size === 0) buckets.delete(name);
      };
    },
    dispatch(events) {
      if (size === 0) return forget(events);
      const pending = new Map<Subscription, Change[]>();
      for (const event of events) {
        const names = new Set(["all"]);
        if (event.entry) bucketsOf(event.entry, names);
        if (event.previous) bucketsOf(event.previous, names);
        for (const name of names) {
          for (const subscription of buckets.get(name) ?? []) {
            const change = changeOf(subscription.selection, event);
            if (change === undefined) continue;
            const changes = pending.get(subscription);
            if (changes === undefined) pending.set(subscription, [change]);
            else changes.push(change);
          }
        }
      }
      for (const [subscription, changes] of pending) subscription.deliver(changes);
      forget(events);
    },
  };
}
