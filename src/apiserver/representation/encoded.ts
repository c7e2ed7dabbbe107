/** Every form for which the record is parsed: other versions, YAML, protobuf, Tables and metadata alone. */

import type { KubernetesObject, ObjectMeta } from "../../api/meta.ts";
import { encodeProtobuf, encodeWatchFrame, wrapUnknown } from "../../api/protobuf/index.ts";
import { encodeUtf8 } from "../../base/bytes.ts";
import { cloneJson } from "../../base/clone.ts";
import { CONTENT_TYPES } from "../negotiation.ts";
import { decodeMetadata, decodeRecord } from "../records/record.ts";
import { apiVersionOf } from "../target.ts";
import { yamlOf } from "../yaml.ts";
import { protobufItems } from "./protobuf.ts";
import type { FrameType, ListMetadata, Representation, RepresentationOptions, Stored } from "./representation.ts";
import { type Shape, shapeOf } from "./shape.ts";

const META = "meta.k8s.io/v1";
const STATUS_TYPE = "k8s.io.apimachinery.pkg.apis.meta.v1.Status";

interface Encoder {
  contentType: string;
  watchContentType: string;
  /** A whole body. */
  body(typeName: string, value: { kind: string; apiVersion: string }): Uint8Array;
  frame(type: FrameType, typeName: string, value: { kind: string; apiVersion: string }): Uint8Array;
}

const jsonFrame = (type: FrameType, value: unknown): Uint8Array => encodeUtf8(`${JSON.stringify({ type, object: value })}\n`);

const jsonEncoder: Encoder = {
  contentType: CONTENT_TYPES.json,
  watchContentType: CONTENT_TYPES.json,
  body: (_typeName, value) => encodeUtf8(`${JSON.stringify(value)}\n`),
  frame: (type, _typeName, value) => jsonFrame(type, value),
};

const yamlEncoder: Encoder = {
  contentType: CONTENT_TYPES.yaml,
  watchContentType: CONTENT_TYPES.json,
  body: (_typeName, value) => encodeUtf8(yamlOf(value)),
  frame: (type, _typeName, value) => jsonFrame(type, value),
};

function envelope(typeName: string, value: { kind: string; apiVersion: string }): Uint8Array {
  return wrapUnknown({ apiVersion: value.apiVersion, kind: value.kind, raw: encodeProtobuf(typeName, value) });
}

const protobufEncoder: Encoder = {
  contentType: CONTENT_TYPES.protobuf,
  watchContentType: `${CONTENT_TYPES.protobuf};stream=watch`,
  body: envelope,
  frame: (type, typeName, value) => encodeWatchFrame(type, envelope(typeName, value)),
};

const ENCODERS = { json: jsonEncoder, yaml: yamlEncoder, protobuf: protobufEncoder } as const;

export function encodedRepresentation(options: RepresentationOptions): Representation {
  const { row, face, accepted, includeObject } = options;
  const encoder = ENCODERS[accepted.mediaType];
  const shape: Shape = shapeOf(options);
  const inFace = (object: KubernetesObject): KubernetesObject =>
    face.toFace && shape.looksAt === "face" ? face.toFace(object) : object;
  const shown = (stored: Stored): KubernetesObject => {
    if (shape.looksAt === "metadata") {
      const metadata = { ...decodeMetadata(stored.record), resourceVersion: String(stored.revision) };
      return { kind: "PartialObjectMetadata", apiVersion: META, metadata };
    }
    const object = decodeRecord(stored.record, stored.revision, row);
    return inFace(object);
  };
  const one = (object: KubernetesObject): { kind: string; apiVersion: string } =>
    shape.one(object, { resourceVersion: object.metadata.resourceVersion ?? "" }, true);
  const signature = `${accepted.mediaType} ${row.prefix} ${apiVersionOf(face)} ${accepted.as ?? ""} ${includeObject}`;
  const general: Representation = {
    contentType: encoder.contentType,
    watchContentType: encoder.watchContentType,
    signature,
    isPlain: false,
    stored: (stored) => encoder.body(shape.typeName, one(shown(stored))),
    object: (object) => encoder.body(shape.typeName, one(inFace(cloneJson(object) as KubernetesObject))),
    list: (items: readonly Stored[], metadata: ListMetadata) => [
      encoder.body(shape.listTypeName, shape.list(items.map(shown), metadata)),
    ],
    frame: (type, stored, first) => {
      const object = shown(stored);
      const metadata = { resourceVersion: String(stored.revision) };
      return encoder.frame(type, shape.typeName, shape.one(object, metadata, first));
    },
    bookmark(revision, annotations) {
      const metadata = { ...(annotations && { annotations }), resourceVersion: String(revision) };
      return encoder.frame("BOOKMARK", shape.typeName, shape.bookmark(metadata as ObjectMeta));
    },
    error: (status) => encoder.frame("ERROR", STATUS_TYPE, status),
  };
  if (accepted.mediaType !== "protobuf") return general;
  const { typeName, type, listType } = shape;
  const shownAs = (stored: Stored): KubernetesObject => one(shown(stored)) as KubernetesObject;
  return { ...general, ...protobufItems({ encodings: options.encodings, signature, typeName, type, listType, shown: shownAs }) };
}
