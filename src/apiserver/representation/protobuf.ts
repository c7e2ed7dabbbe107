/**
 * Protobuf, put together from messages that are encoded once for each stored object: a list is its items one after the other, and an
 * event of a watch is its item in two envelopes.
 */
import type { KubernetesObject } from "../../api/meta.ts";
import { encodeList, encodeProtobuf, encodeWatchFrame, wrapUnknown } from "../../api/protobuf/index.ts";
import type { Encodings } from "./encodings.ts";
import type { Representation, Stored } from "./representation.ts";

export interface ProtobufItems {
  encodings: Encodings;
  signature: string;
  /** The message of one object. */
  typeName: string;
  type: { kind: string; apiVersion: string };
  listType: { kind: string; apiVersion: string };
  /** The object as the message shows it. */
  shown(stored: Stored): KubernetesObject;
}

/** The answers that hold stored objects. */
export function protobufItems(options: ProtobufItems): Pick<Representation, "stored" | "list" | "frame"> {
  const { encodings, signature, typeName, type, listType, shown } = options;
  const encode = (stored: Stored): Uint8Array => encodeProtobuf(typeName, shown(stored));
  const item = (stored: Stored): Uint8Array => encodings.of(stored, signature, encode);
  return {
    stored: (stored) => wrapUnknown({ ...type, raw: item(stored) }),
    list: (items, metadata) => [encodeList(listType, { metadata, items: items.map(item) })],
    frame: (event, stored) => encodeWatchFrame(event, wrapUnknown({ ...type, raw: item(stored) })),
  };
}
