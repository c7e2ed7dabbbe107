/**
 * The forms in which objects, lists and watch events go out. One of them is made for each (row, face, form) that is asked for; all
 * of them take stored records, so that the form which is asked for most, JSON of the stored version, copies bytes.
 */
import type { Status } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource, Face } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Accepted } from "../negotiation.ts";
import { encodedRepresentation } from "./encoded.ts";
import type { Encodings } from "./encodings.ts";
import { splicedRepresentation } from "./spliced.ts";

/** A record and the revision that it is shown at. */
export interface Stored {
  readonly record: Uint8Array;
  readonly revision: number;
}

export interface ListMetadata {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export type FrameType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";

export interface Representation {
  readonly contentType: string;
  readonly watchContentType: string;
  /** Equal for representations that give the same bytes. */
  readonly signature: string;
  /** The object as it is in memory: a reader in this process can take it in place of its JSON. */
  readonly isPlain: boolean;
  stored(stored: Stored): Uint8Array;
  /** An object that is not stored: the answer of a dry run. In the stored version's shape. */
  object(object: DeepReadonly<KubernetesObject>): Uint8Array;
  list(items: readonly Stored[], metadata: ListMetadata): readonly Uint8Array[];
  /** One event of a watch, with its line end or length prefix. `first`: nothing was sent before it. */
  frame(type: FrameType, stored: Stored, first: boolean): Uint8Array;
  /** A bookmark: an object of the kind that has a resourceVersion and perhaps annotations only. */
  bookmark(revision: number, annotations?: Readonly<Record<string, string>>): Uint8Array;
  /** The event with which a watch ends that cannot go on. */
  error(status: Status): Uint8Array;
}

export interface RepresentationOptions {
  row: AnyResource;
  face: Face;
  accepted: Accepted;
  /** Of a Table: what stands in each row's `object`. */
  includeObject: string;
  nowMs(): number;
  /** What was encoded before. */
  encodings: Encodings;
}

export function representation(options: RepresentationOptions): Representation {
  const { face, accepted } = options;
  const plain = accepted.mediaType === "json" && accepted.as === undefined && face.toFace === undefined;
  return plain ? splicedRepresentation(options) : encodedRepresentation(options);
}
