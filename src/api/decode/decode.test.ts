import { describe, expect, test } from "vitest";
import { encodeUtf8 } from "../../base/bytes.ts";
import { ConfigMap } from "../core/config-map.ts";
import { Event } from "../core/event.ts";
import { Pod } from "../core/pod/pod.ts";
import type { AnyResource } from "../row.ts";
import { type Decoded, decode, type FieldValidation, prepareYaml } from "./index.ts";

const json = (row: AnyResource, body: unknown, fieldValidation: FieldValidation = "Warn"): Decoded =>
  decode({
    row,
    bytes: encodeUtf8(typeof body === "string" ? body : JSON.stringify(body)),
    mediaType: "json",
    fieldValidation,
  });

const podWith = (spec: object, container: object = {}): unknown => ({
  metadata: { name: "p" },
  spec: { containers: [{ name: "c", image: "i", ...container }], ...spec },
});

type Shown = { spec: Record<string, unknown> & { containers: Record<string, unknown>[] } };
const specOf = (body: unknown): Shown["spec"] => (json(Pod, body).object as unknown as Shown).spec;

describe("zeros", () => {
  test("a zero that Go leaves out goes, one behind a pointer stays", () => {
    const spec = specOf(
      podWith({ hostNetwork: false, terminationGracePeriodSeconds: 0, automountServiceAccountToken: false }, { stdin: false }),
    );
    expect(spec).not.toHaveProperty("hostNetwork");
    expect(spec.terminationGracePeriodSeconds).toBe(0);
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.containers[0]).not.toHaveProperty("stdin");
  });

  test("plain structs are always there, optional ones keep their emptiness", () => {
    const spec = specOf(podWith({ affinity: {}, volumes: [{ name: "v", emptyDir: {} }] }));
    expect(spec).toMatchObject({ affinity: {}, containers: [{ resources: {} }], volumes: [{ name: "v", emptyDir: {} }] });
  });

  test("null is the zero of its place, in lists and maps too", () => {
    const spec = specOf(podWith({ nodeSelector: { a: null } }, { args: [null, "x"], resources: { limits: { cpu: null } } }));
    expect(spec.nodeSelector).toEqual({ a: "" });
    expect(spec.containers[0]).toMatchObject({ args: ["", "x"], resources: { limits: { cpu: "0" } } });
  });

  test("empty lists and maps go, but for those that validation looks at", () => {
    const spec = specOf(podWith({ tolerations: [], nodeSelector: {}, overhead: {} }));
    expect(spec).not.toHaveProperty("tolerations");
    expect(spec).not.toHaveProperty("nodeSelector");
    expect(spec.overhead).toEqual({});
  });
});

describe("values", () => {
  test("quantities and times get upstream's spelling", () => {
    expect(specOf(podWith({}, { resources: { limits: { memory: "1024Mi", cpu: 2 } } })).containers[0]).toMatchObject({
      resources: { limits: { memory: "1Gi", cpu: "2" } },
    });
    const { object } = json(Event, { metadata: { name: "e" }, firstTimestamp: "2024-01-02T03:04:05.9+02:00" });
    expect(object).toMatchObject({ firstTimestamp: "2024-01-02T01:04:05Z", lastTimestamp: null });
  });

  test.each([
    [
      '{"spec":{"terminationGracePeriodSeconds":1.0}}',
      "cannot unmarshal number 1.0 into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64",
    ],
    ['{"spec":{"containers":5}}', "cannot unmarshal number into Go struct field PodSpec.spec.containers of type []v1.Container"],
    ['{"spec":{"nodeName":true}}', "cannot unmarshal bool into Go struct field PodSpec.spec.nodeName of type string"],
    [
      '{"spec":{"containers":[{"resources":{"limits":{"cpu":"abc"}}}]}}',
      'Pod in version "v1" cannot be handled as a Pod: quantities must match',
    ],
  ])("refuses %s as upstream", (body, message) => {
    expect(() => json(Pod, body)).toThrow(message);
  });

  test("integers beyond 2^53 are written back exactly", () => {
    const { object } = json(Pod, '{"spec":{"terminationGracePeriodSeconds":9007199254740993}}');
    expect(JSON.stringify(object)).toContain('"terminationGracePeriodSeconds":9007199254740993');
    expect(() => json(Pod, '{"spec":{"terminationGracePeriodSeconds":9223372036854775808}}')).toThrow("of type int64");
  });
});

describe("fields that are unknown or there twice", () => {
  const body = '{"metadata":{"name":"x","foo":1,"labels":{"a":"1","a":"2"}},"data":{"k":"1"},"data":{"k":"2"},"Data":{}}';

  test("are warnings, errors or nothing", () => {
    const expected = [
      'duplicate field "metadata.labels.a"',
      'duplicate field "data"',
      'unknown field "metadata.foo"',
      'unknown field "Data"',
    ];
    const { object, warnings } = json(ConfigMap, body);
    expect(warnings).toEqual(expected);
    expect(object).toMatchObject({ metadata: { name: "x", labels: { a: "2" } }, data: { k: "2" } });
    expect(object).not.toHaveProperty("Data");
    expect(json(ConfigMap, body, "Ignore").warnings).toEqual([]);
    expect(() => json(ConfigMap, body, "Strict")).toThrow(
      `ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ${expected.join(", ")}`,
    );
  });

  test("have the path with its indexes", () => {
    expect(json(Pod, podWith({}, { env: [{ name: "A", Value: "x" }] })).warnings).toEqual([
      'unknown field "spec.containers[0].env[0].Value"',
    ]);
  });

  test("colons in strings and escaped quotes do not look like duplicates", () => {
    expect(json(ConfigMap, { metadata: { name: "x" }, data: { 'a":"b': 'c:\\"d:e' } }, "Strict").warnings).toEqual([]);
  });
});

describe("kinds", () => {
  test("may be left out, and must fit", () => {
    expect(json(ConfigMap, { metadata: { name: "x" } }).object).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
    expect(() => json(ConfigMap, { kind: "Pod", apiVersion: "v1" })).toThrow("cannot be handled as a ConfigMap");
    expect(() => json(ConfigMap, { kind: "ConfigMap", apiVersion: "v2" })).toThrow(
      'no kind "ConfigMap" is registered for version "v2"',
    );
    expect(() => json(ConfigMap, { kind: "Deployment", apiVersion: "apps/v1" })).toThrow(
      "the API version in the data (apps/v1) does not match the expected API version (v1)",
    );
  });

  test.each(["{", "[]", '"x"', '{"kind":5}', '{"kind":"ConfigMap"} trailing', ""])("refuses %j", (body) => {
    expect(() => json(ConfigMap, body)).toThrow("the object provided is unrecognized (must be of type ConfigMap)");
  });
});

describe("YAML", () => {
  const yaml = async (text: string, fieldValidation: FieldValidation = "Warn"): Promise<Decoded> => {
    await prepareYaml();
    return decode({ row: ConfigMap, bytes: encodeUtf8(text), mediaType: "yaml", fieldValidation });
  };

  test("is read as JSON would be", async () => {
    const { object } = await yaml("metadata:\n  name: x\nimmutable: yes\ndata:\n  when: '80:80'\n");
    expect(object).toMatchObject({ immutable: true, data: { when: "80:80" } });
    await expect(yaml("data:\n  port: 8080\n")).rejects.toThrow("cannot unmarshal number");
  });

  test("with a key twice is refused where validation is strict", async () => {
    await expect(yaml("metadata:\n  name: x\n  name: z\n", "Strict")).rejects.toThrow('line 3: key "name" already set in map');
  });
});
