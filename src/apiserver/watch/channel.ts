/**
 * Watchers who asked for the same (row, selection, form) share a channel: each change is encoded once, and one batch is one write
 * to each of them.
 */
import { concatBytes } from "../../base/bytes.ts";
import type { WatchedObject } from "../../base/http.ts";
import { objectOfChange } from "../cache/event-object.ts";
import type { Change } from "../cache/fan-out.ts";
import type { RowCache } from "../cache/row-cache.ts";
import type { Selection } from "../cache/selection.ts";
import type { Representation } from "../representation/representation.ts";

export interface Watcher {
  /** True until something was sent: a Table says its columns in the first event. */
  fresh: boolean;
  send(bytes: Uint8Array): void;
  /** Present where it takes objects in place of their frames. */
  readonly take?: ((event: WatchedObject, sizeBytes: number) => void) | undefined;
}

export interface Channel {
  join(watcher: Watcher): void;
  /** True when nobody is left. */
  leave(watcher: Watcher): boolean;
}

/** The frames of `changes`. `first`: they are the first of the watch. */
export function framesOf(representation: Representation, changes: readonly Change[], first: boolean): Uint8Array {
  return concatBytes(
    changes.map(({ type, entry, revision }, index) =>
      representation.frame(type, { record: entry.record, revision }, first && index === 0),
    ),
  );
}

export interface ChannelOptions {
  cache: RowCache;
  selection: Selection;
  representation: Representation;
  /** Tables differ in their first event. */
  firstDiffers: boolean;
}

/** Gives the channel and the function that ends it. */
export function channel({ cache, selection, representation, firstDiffers }: ChannelOptions): {
  channel: Channel;
  close(): void;
} {
  const watchers = new Set<Watcher>();
  const close = cache.subscribe({
    selection,
    deliver(changes) {
      let later: Uint8Array | undefined;
      let first: Uint8Array | undefined;
      for (const watcher of watchers) {
        if (watcher.take !== undefined && representation.isPlain) {
          for (const change of changes)
            watcher.take({ type: change.type, object: objectOfChange(cache.row, change) }, change.entry.record.length);
        } else if (watcher.fresh && firstDiffers) {
          first ??= framesOf(representation, changes, true);
          watcher.send(first);
        } else {
          later ??= framesOf(representation, changes, false);
          watcher.send(later);
        }
        watcher.fresh = false;
      }
    },
  });
  return {
    channel: {
      join: (watcher) => void watchers.add(watcher),
      leave(watcher) {
        watchers.delete(watcher);
        return watchers.size === 0;
      },
    },
    close,
  };
}
