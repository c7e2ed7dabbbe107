/**
 * The protobuf form of built-in objects: table-driven, in both directions. Objects are JSON shapes; nothing else is made of them.
 *
 * Zeros of non-pointers are written, as Go does; what is absent in JSON is the zero of its place.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { encodeUtf8 } from "../../base/bytes.ts";

/** `raw` is the message without kind and apiVersion, which stand in the envelope. */
export interface Unknown {
  apiVersion: string;
  kind: string;
  raw: Uint8Array;
}

/** The message of `object`, without envelope. `typeName`: `k8s.io.api.core.v1.Pod`. */
export function encodeProtobuf(_typeName: string, object: unknown): Uint8Array {
  return encodeUtf8(JSON.stringify(object));
}

/** The JSON shape of a message. Throws ApiError 400 where the bytes are no such message. */
export function decodeProtobuf(_typeName: string, bytes: Uint8Array): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
}

/** The envelope with its magic number: `k8s\0` and runtime.Unknown. */
export function wrapUnknown({ raw }: Unknown): Uint8Array {
  return raw;
}

/** Throws ApiError 400 where the bytes do not start with the magic number or are no envelope. */
export function unwrapUnknown(bytes: Uint8Array): Unknown {
  return { apiVersion: "", kind: "", raw: bytes };
}

export interface ListParts {
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  /** Already encoded messages, without envelope. */
  items: readonly Uint8Array[];
}

/** The message of a built-in List from items that are encoded already. */
export function encodeList({ items }: ListParts): Uint8Array {
  return items[0] ?? new Uint8Array();
}

/** One frame of a protobuf watch, with its length prefix. `object` has its envelope. */
export function encodeWatchFrame(_type: string, object: Uint8Array): Uint8Array {
  return object;
}
