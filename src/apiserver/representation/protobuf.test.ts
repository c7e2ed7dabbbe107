import { expect, test } from "vitest";
import { Pod } from "../../api/core/pod/pod.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { decodeProtobuf, decodeWatchFrame, unwrapUnknown } from "../../api/protobuf/index.ts";
import type { Face } from "../../api/row.ts";
import { encodeRecord } from "../records/record.ts";
import { encodings } from "./encodings.ts";
import { representation } from "./representation.ts";

const POD = "k8s.io.api.core.v1.Pod";
const recordOf = (name: string): Uint8Array =>
  encodeRecord(
    { kind: "Pod", apiVersion: "v1", metadata: { name }, spec: { containers: [] }, status: {} } as unknown as KubernetesObject,
    0,
  );

const as = representation({
  row: Pod,
  face: Pod.faces[0] as Face,
  accepted: { mediaType: "protobuf", as: undefined },
  includeObject: "Metadata",
  nowMs: () => 0,
  encodings: encodings(),
});

test("a protobuf watch frame is its length, the event's type and the object in its envelope", () => {
  const frame = as.frame("MODIFIED", { record: recordOf("a"), revision: 12 }, false);
  expect(new DataView(frame.buffer, frame.byteOffset).getUint32(0)).toBe(frame.length - 4);
  const { type, object } = decodeWatchFrame(frame.subarray(4));
  expect(type).toBe("MODIFIED");
  const { kind, apiVersion, raw } = unwrapUnknown(object);
  expect({ kind, apiVersion }).toEqual({ kind: "Pod", apiVersion: "v1" });
  expect(decodeProtobuf(POD, raw).metadata).toMatchObject({ name: "a", resourceVersion: "12" });
});

test("an object that was deleted is shown at the revision of its deletion, though it was encoded before", () => {
  const record = recordOf("a");
  const shownAt = (revision: number): unknown => decodeProtobuf(POD, unwrapUnknown(as.stored({ record, revision })).raw).metadata;
  expect(shownAt(12)).toMatchObject({ resourceVersion: "12" });
  expect(shownAt(40)).toMatchObject({ resourceVersion: "40" });
});

test("a protobuf list holds its metadata and its items in order", () => {
  const items = ["a", "b"].map((name, index) => ({ record: recordOf(name), revision: index + 1 }));
  const [body = new Uint8Array()] = as.list(items, { resourceVersion: "7" });
  const { kind, raw } = unwrapUnknown(body);
  expect(kind).toBe("PodList");
  expect(decodeProtobuf(`${POD}List`, raw)).toMatchObject({
    metadata: { resourceVersion: "7" },
    items: [{ metadata: { name: "a", resourceVersion: "1" } }, { metadata: { name: "b", resourceVersion: "2" } }],
  });
});
