import { describe, expect, test } from "vitest";
import { ConfigMap } from "../../api/core/config-map.ts";
import { Event } from "../../api/core/event.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { encodeUtf8 } from "../../base/bytes.ts";
import { type Bench, controllerBench } from "../testing/bench.ts";
import { garbageCollector } from "./controller.ts";
import type { Node, Owner } from "./graph.ts";
import { type OwnerState, verdictOn } from "./verdict.ts";

/** Discovery of ConfigMaps alone. */
const DISCOVERY = encodeUtf8(
  JSON.stringify({
    items: [
      {
        metadata: {},
        versions: [
          {
            version: "v1",
            resources: [
              {
                resource: "configmaps",
                responseKind: { group: "", version: "v1", kind: "ConfigMap" },
                scope: "Namespaced",
                verbs: ["list", "watch", "delete"],
              },
            ],
          },
        ],
      },
    ],
  }),
);

async function start(): Promise<Bench> {
  const bench = await controllerBench({});
  bench.client.raw = async ({ path }) => ({
    status: 200,
    headers: {},
    body: path === "/api" ? DISCOVERY : encodeUtf8('{"items":[]}'),
  });
  await bench.begin({ loops: [garbageCollector] });
  return bench;
}

const ref = (name: string) => ({ namespace: "default", name });
const owner = ({ metadata: { name, uid } }: KubernetesObject, more: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  name,
  uid,
  ...more,
});
const MISSING = { apiVersion: "v1", kind: "ConfigMap", name: "absent", uid: "11111111-2222-3333-4444-555555555555" };
const make = (bench: Bench, name: string, more: object = {}) =>
  bench.client.seed<ConfigMap>(ConfigMap, { metadata: { ...ref(name), ...more } });
const names = (bench: Bench) => bench.client.all<ConfigMap>(ConfigMap).map(({ metadata }) => metadata.name);

describe("the garbage collector", () => {
  test("deletes a chain of dependents", async () => {
    await using bench = await start();
    const one = make(bench, "one");
    const two = make(bench, "two", { ownerReferences: [owner(one)] });
    make(bench, "three", { ownerReferences: [owner(two)] });
    await bench.client.delete(ConfigMap, ref("one"));
    await bench.clock.settle();
    expect(names(bench)).toEqual([]);
  });

  test("deletes what names an owner that is not there, and keeps what has another one", async () => {
    await using bench = await start();
    const one = make(bench, "one");
    make(bench, "lost", { ownerReferences: [MISSING] });
    make(bench, "kept", { ownerReferences: [owner(one), MISSING] });
    await bench.clock.settle();
    expect(names(bench)).toEqual(["one", "kept"]);
    expect(bench.client.all<ConfigMap>(ConfigMap)[1]?.metadata.ownerReferences).toEqual([owner(one)]);
  });

  test("lets an owner go in the foreground only after the dependents that block it", async () => {
    await using bench = await start();
    const parent = make(bench, "parent");
    make(bench, "child", { ownerReferences: [owner(parent, { blockOwnerDeletion: true })], finalizers: ["example.com/hold"] });
    await bench.client.delete(ConfigMap, ref("parent"), { propagationPolicy: "Foreground" });
    await bench.clock.settle();
    expect(names(bench)).toEqual(["parent", "child"]);
    await bench.client.patch(ConfigMap, ref("child"), "merge", { metadata: { finalizers: null } });
    await bench.clock.settle();
    expect(names(bench)).toEqual([]);
  });

  test("leaves dependents alone where the owner is deleted so", async () => {
    await using bench = await start();
    const parent = make(bench, "parent");
    make(bench, "child", { ownerReferences: [owner(parent)] });
    await bench.client.delete(ConfigMap, ref("parent"), { propagationPolicy: "Orphan" });
    await bench.clock.advance(100);
    expect(names(bench)).toEqual(["child"]);
    expect(bench.client.all<ConfigMap>(ConfigMap)[0]?.metadata.ownerReferences).toBeUndefined();
  });

  test("leaves alone what names an owner of a kind that nobody serves", async () => {
    await using bench = await start();
    make(bench, "child", { ownerReferences: [{ ...MISSING, apiVersion: "example.com/v1", kind: "Nothing" }] });
    await bench.clock.advance(3_000);
    expect(names(bench)).toEqual(["child"]);
  });

  test("says so where an owner is in another namespace", async () => {
    await using bench = await start();
    const far = bench.client.seed<ConfigMap>(ConfigMap, { metadata: { namespace: "other", name: "far" } });
    make(bench, "child", { ownerReferences: [owner(far)] });
    await bench.clock.settle();
    expect(names(bench)).toEqual(["far"]);
    expect(bench.client.all<Event>(Event)[0]).toMatchObject({
      type: "Warning",
      reason: "OwnerRefInvalidNamespace",
      message: `ownerRef [v1/ConfigMap, namespace: default, name: far, uid: ${far.metadata.uid}] does not exist in namespace "default"`,
    });
  });
});

describe("the verdict on an object", () => {
  const as = (...states: OwnerState[]): [Owner[], (owner: Owner) => OwnerState] => [
    states.map((state, index) => ({ ...MISSING, name: state, uid: String(index) })),
    ({ name }) => name as OwnerState,
  ];
  const verdict = (states: OwnerState[], more: { finalizers?: string[]; dependents?: Node[] } = {}) => {
    const [owners, stateOf] = as(...states);
    return verdictOn({ owners, finalizers: [], dependents: [], ...more }, stateOf);
  };
  const dependent = { awaitsDependents: false } as Node;

  test.each([
    ["is kept by any owner", verdict(["present", "present"]), { action: "keep" }],
    ["loses the owners that are gone", verdict(["present", "absent"]), { action: "dropOwners" }],
    ["goes in the background", verdict(["absent"]), { propagationPolicy: "Background" }],
    [
      "goes before its dependents are left alone",
      verdict(["absent"], { finalizers: ["orphan"] }),
      { propagationPolicy: "Orphan" },
    ],
    [
      "goes in the foreground where its owner waits",
      verdict(["waiting"], { dependents: [dependent] }),
      { propagationPolicy: "Foreground", unblock: false },
    ],
    ["breaks a circle", verdict(["waiting"], { dependents: [{ ...dependent, awaitsDependents: true }] }), { unblock: true }],
  ])("%s", (_, actual, expected) => {
    expect(actual).toMatchObject(expected);
  });
});
