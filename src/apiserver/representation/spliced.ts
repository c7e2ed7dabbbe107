/** JSON of the stored version: bytes are copied, nothing is parsed. */
import type { AnyResource, Face } from "../../api/row.ts";
import { encodeUtf8 } from "../../base/bytes.ts";
import { CONTENT_TYPES } from "../negotiation.ts";
import { kindPrefix, NO_KIND } from "../records/record.ts";
import { chunkWriter, spliceObject } from "../records/splice.ts";
import { apiVersionOf } from "../target.ts";
import type { FrameType, Representation } from "./representation.ts";

const COMMA = encodeUtf8(",");
const LIST_END = encodeUtf8("]}\n");
const LINE_END = { before: new Uint8Array(0), after: encodeUtf8("\n") };

const frameAround = (type: FrameType): { before: Uint8Array; after: Uint8Array } => ({
  before: encodeUtf8(`{"type":"${type}","object":`),
  after: encodeUtf8("}\n"),
});

const FRAMES = {
  ADDED: frameAround("ADDED"),
  MODIFIED: frameAround("MODIFIED"),
  DELETED: frameAround("DELETED"),
  BOOKMARK: frameAround("BOOKMARK"),
  ERROR: frameAround("ERROR"),
} as const;

export function splicedRepresentation({ row, face }: { row: AnyResource; face: Face }): Representation {
  const apiVersion = apiVersionOf(face);
  const prefix = kindPrefix(face.kind, apiVersion);
  const itemPrefix = row.typed ? NO_KIND : prefix;
  return {
    contentType: CONTENT_TYPES.json,
    watchContentType: CONTENT_TYPES.json,
    signature: `json ${apiVersion}`,
    isPlain: apiVersion === row.apiVersion && face.kind === row.kind,
    stored: ({ record, revision }) => spliceObject(record, revision, prefix, LINE_END),
    object: (object) => encodeUtf8(`${JSON.stringify(object)}\n`),
    list(items, metadata) {
      const writer = chunkWriter(items.reduce((total, { record }) => total + record.length + 64, 256));
      const head = { kind: `${face.kind}List`, apiVersion, metadata };
      writer.bytes(encodeUtf8(`${JSON.stringify(head).slice(0, -1)},"items":[`));
      let first = true;
      for (const { record, revision } of items) {
        if (!first) writer.bytes(COMMA);
        first = false;
        writer.object(record, revision, itemPrefix);
      }
      writer.bytes(LIST_END);
      return writer.finish();
    },
    frame: (type, { record, revision }) => spliceObject(record, revision, prefix, FRAMES[type]),
    bookmark(revision, annotations) {
      const metadata = { ...(annotations && { annotations }), resourceVersion: String(revision) };
      return encodeUtf8(`${JSON.stringify({ type: "BOOKMARK", object: { kind: face.kind, apiVersion, metadata } })}\n`);
    },
    error: (status) => encodeUtf8(`${JSON.stringify({ type: "ERROR", object: status })}\n`),
  };
}
