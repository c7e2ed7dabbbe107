/**
 * Which objects of the informers are kept parsed.
 *
 * A parsed object takes about 1.6 times its JSON on the heap, in some hundred pieces that the garbage collector has to walk; its
 * JSON as bytes is one piece. So the most recently used ones stay parsed, up to a budget over all kinds, and the others are bytes
 * until somebody asks for them.
 */
import type { KubernetesObject } from "../api/meta.ts";
import { decodeUtf8, encodeUtf8 } from "../base/bytes.ts";
import { deepFreeze } from "../base/freeze.ts";
import type { DeepReadonly } from "../base/readonly.ts";

/** JSON bytes of the objects that are kept parsed, over all kinds of one set of informers. */
export const PARSED_BUDGET_BYTES = 48 * 1024 * 1024;

/** One object in either form. Only the memo changes it. */
export interface Slot {
  object: DeepReadonly<KubernetesObject> | undefined;
  bytes: Uint8Array | undefined;
  sizeBytes: number;
}

export interface ObjectMemo {
  hold(object: DeepReadonly<KubernetesObject>, sizeBytes: number): Slot;
  /** The object, which stays parsed for a while. */
  use(slot: Slot): DeepReadonly<KubernetesObject>;
  /** The object, for a walk over many that should not push out what is really in use. */
  peek(slot: Slot): DeepReadonly<KubernetesObject>;
  drop(slot: Slot): void;
}

const parse = (bytes: Uint8Array): DeepReadonly<KubernetesObject> => deepFreeze(JSON.parse(decodeUtf8(bytes)));

export function objectMemo(budgetBytes = PARSED_BUDGET_BYTES): ObjectMemo {
  // In order of use, the least recent first.
  const parsed = new Set<Slot>();
  let totalBytes = 0;

  function remember(slot: Slot, object: DeepReadonly<KubernetesObject>): void {
    slot.object = object;
    parsed.add(slot);
    totalBytes += slot.sizeBytes;
    for (const oldest of parsed) {
      if (totalBytes <= budgetBytes || oldest === slot) return;
      oldest.bytes ??= encodeUtf8(JSON.stringify(oldest.object));
      oldest.object = undefined;
      parsed.delete(oldest);
      totalBytes -= oldest.sizeBytes;
    }
  }

  return {
    hold(object, sizeBytes) {
      const slot: Slot = { object: undefined, bytes: undefined, sizeBytes };
      remember(slot, object);
      return slot;
    },
    use(slot) {
      if (slot.object !== undefined) {
        // Only where something may be pushed out does the order of use matter.
        if (totalBytes > budgetBytes / 2) {
          parsed.delete(slot);
          parsed.add(slot);
        }
        return slot.object;
      }
      const object = parse(slot.bytes ?? encodeUtf8("null"));
      remember(slot, object);
      return object;
    },
    peek: (slot) => slot.object ?? parse(slot.bytes ?? encodeUtf8("null")),
    drop(slot) {
      if (parsed.delete(slot)) totalBytes -= slot.sizeBytes;
    },
  };
}
