/**
 * What followers within the server (authorizers) read in place of list and watch: the present state of a row, then its changes, parsed
 * once for all of them. Objects are frozen and shared.
 */

import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import { deepFreeze } from "../../base/freeze.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { decodeRecord } from "../records/record.ts";
import type { Caches } from "./caches.ts";
import { objectOfChange } from "./event-object.ts";
import type { Change, ChangeType } from "./fan-out.ts";
import { everything } from "./selection.ts";

type Frozen = DeepReadonly<KubernetesObject>;

export interface FeedItem {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  /** Selectable fields besides metadata.name and metadata.namespace. */
  readonly fields: Readonly<Record<string, string>>;
  /** JSON bytes of the object without kind, apiVersion and resourceVersion: for those who keep bytes. */
  readonly record: Uint8Array;
  /** Parsed at the first call, frozen, shared by all who ask for the same event. */
  object(): Frozen;
}

export interface FeedListener {
  /** The state at `revision`, once, before any change. */
  onState(items: readonly FeedItem[], revision: number): void;
  /** Changes in order; `item` of DELETED is the object as it last was, with the revision of its deletion. */
  onChanges(changes: readonly { type: ChangeType; item: FeedItem }[]): void;
  /** Nothing follows: subscribe again. */
  onLost(): void;
}

export interface Feed {
  /** Resolves once `onState` was called. Gives the function that ends it. */
  subscribe(row: AnyResource, listener: FeedListener, namespace?: string): Promise<() => void>;
}

interface Shown {
  readonly namespace: string;
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly record: Uint8Array;
}

function itemOf(row: AnyResource, shown: Shown, revision: number, change?: Change): FeedItem {
  const { namespace, name, fields, record } = shown;
  let memo: Frozen | undefined;
  return {
    namespace,
    name,
    revision,
    fields,
    record,
    object() {
      if (memo !== undefined) return memo;
      memo = change === undefined ? (deepFreeze(decodeRecord(record, revision, row)) as Frozen) : objectOfChange(row, change);
      return memo;
    },
  };
}

export function feed(caches: Caches): Feed {
  return {
    async subscribe(row, listener, namespace) {
      const cache = caches.of(row);
      const loading = cache.ready();
      if (loading) await loading;
      const selection = namespace === undefined ? everything : { ...everything, namespace, signature: namespace };
      listener.onState(
        cache.list(selection).map((entry) => itemOf(row, entry, entry.revision)),
        cache.revision,
      );
      const end = cache.subscribe({
        selection,
        deliver: (changes) =>
          listener.onChanges(
            changes.map((change) => ({ type: change.type, item: itemOf(row, change.entry, change.revision, change) })),
          ),
      });
      const lost = cache.onLost(() => listener.onLost());
      return () => {
        end();
        lost();
      };
    },
  };
}
