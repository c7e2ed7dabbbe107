import { describe, expect, test } from "vitest";
import { decodeBase64 } from "../../base/bytes.ts";
import {
  decodeProtobuf,
  decodeWatchFrame,
  encodeList,
  encodeProtobuf,
  encodeWatchFrame,
  unwrapUnknown,
  wrapUnknown,
} from "./index.ts";

const POD = "k8s.io.api.core.v1.Pod";

const pod = {
  metadata: { name: "p", labels: { b: "2", a: "é" }, creationTimestamp: "2024-01-02T03:04:05Z" },
  spec: {
    containers: [
      {
        name: "c",
        image: "i",
        resources: { requests: { cpu: "100m" } },
        livenessProbe: { httpGet: { port: "http" }, periodSeconds: 10 },
        ports: [{ containerPort: 80 }],
      },
    ],
    priority: -5,
    volumes: [{ name: "v", emptyDir: {} }],
  },
};

describe("a message", () => {
  test("becomes the same object again", () => {
    expect(decodeProtobuf(POD, encodeProtobuf(POD, pod))).toMatchObject(pod);
  });

  test("has the zeros that Go writes, and no others", () => {
    const decoded = decodeProtobuf(
      "k8s.io.api.core.v1.ConfigMap",
      encodeProtobuf("k8s.io.api.core.v1.ConfigMap", { metadata: { name: "x" } }),
    );
    expect(decoded).toEqual({
      metadata: {
        name: "x",
        generateName: "",
        namespace: "",
        selfLink: "",
        uid: "",
        resourceVersion: "",
        generation: 0,
        creationTimestamp: null,
      },
    });
  });

  test("longer than a length byte keeps its nesting", () => {
    const data = { long: "x".repeat(300), longer: "é".repeat(20_000) };
    const name = "k8s.io.api.core.v1.ConfigMap";
    expect(decodeProtobuf(name, encodeProtobuf(name, { data }))).toMatchObject({ data });
  });

  test("keeps [] and null apart where Go has a message for the list", () => {
    const name = "k8s.io.api.authentication.v1.UserInfo";
    expect(decodeProtobuf(name, encodeProtobuf(name, { extra: { a: [], b: ["x"] } }))).toMatchObject({
      extra: { a: [], b: ["x"] },
    });
  });

  test("that is cut off or no message is refused", () => {
    const whole = encodeProtobuf(POD, pod);
    expect(() => decodeProtobuf(POD, whole.subarray(0, whole.length - 3))).toThrow("unexpected EOF");
    expect(() => decodeProtobuf(POD, Uint8Array.of(0xff, 0xff, 0xff))).toThrow("unexpected EOF");
    expect(() => unwrapUnknown(Uint8Array.of(1, 2, 3))).toThrow("does not appear to be a protobuf message");
  });
});

test("an envelope that client-go wrote is read", () => {
  const sent = decodeBase64(
    "azhzAAoJCgJ2MRIDUG9kErQBChEKAXgSABoAIgAqADIAOABCABKJAQoOCgF2EgkSBwoAEgMKATASWAoBYxIFaW1nOjEqAEI6CgoKA2NwdRIDCgExCg8KBm1lbW9yeRIFCgMxR2kSCgoDY3B1EgMKATASDwoGbWVtb3J5EgUKAzFlNmoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAqAEAwgEAGhMKABoAIgAqADIASgBaAHIAiAEAGgAiAA==",
  );
  const { apiVersion, kind, raw } = unwrapUnknown(sent);
  expect([apiVersion, kind]).toEqual(["v1", "Pod"]);
  expect(decodeProtobuf(POD, raw)).toMatchObject({
    metadata: { name: "x" },
    spec: { containers: [{ name: "c", image: "img:1", resources: { limits: { cpu: "1", memory: "1Gi" } } }] },
  });
  expect(wrapUnknown({ apiVersion, kind, raw })).toEqual(sent);
});

test("a list holds items that were encoded before, a watch frame an object with its envelope", () => {
  const item = encodeProtobuf(POD, pod);
  const { raw: list, ...type } = unwrapUnknown(
    encodeList({ kind: "PodList", apiVersion: "v1" }, { metadata: { resourceVersion: "7" }, items: [item, item] }),
  );
  expect(type).toEqual({ kind: "PodList", apiVersion: "v1" });
  expect(decodeProtobuf("k8s.io.api.core.v1.PodList", list)).toMatchObject({
    metadata: { resourceVersion: "7" },
    items: [pod, pod],
  });

  const object = wrapUnknown({ apiVersion: "v1", kind: "Pod", raw: item });
  const frame = encodeWatchFrame("ADDED", object);
  expect(new DataView(frame.buffer).getUint32(0)).toBe(frame.length - 4);
  expect(decodeWatchFrame(frame.subarray(4))).toEqual({ type: "ADDED", object });
});
