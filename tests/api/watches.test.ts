import { describe, expect, test } from "vitest";
import { type Json, testServer } from "../../src/apiserver/testing/in-process.ts";
import { virtualClock } from "../../src/base/virtual-clock.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const MERGE = { "content-type": "application/merge-patch+json" };
const told = (events: readonly Json[]): string[] => events.map(({ type, object }) => `${type} ${object.metadata?.name ?? ""}`);

describe("watches", () => {
  test("start with what is there and go on with what happens", async () => {
    const { request, watch } = await testServer();
    await request("POST", CONFIG_MAPS, { metadata: { name: "a" } });
    const { events } = await watch(`${CONFIG_MAPS}?watch=1`);
    await request("POST", CONFIG_MAPS, { metadata: { name: "b" } });
    await request("PATCH", `${CONFIG_MAPS}/b`, { data: { x: "1" } }, MERGE);
    await request("DELETE", `${CONFIG_MAPS}/a`);
    expect(told(events)).toEqual(["ADDED a", "ADDED b", "MODIFIED b", "DELETED a"]);
    const revisions = events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
  });

  test("from a revision tell every later change, and nothing of other namespaces", async () => {
    const { request, watch } = await testServer();
    const { json } = await request("POST", CONFIG_MAPS, { metadata: { name: "a" } });
    await request("POST", "/api/v1/namespaces/other/configmaps", { metadata: { name: "elsewhere" } });
    await request("POST", CONFIG_MAPS, { metadata: { name: "b" } });
    const { events } = await watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${json.metadata.resourceVersion}`);
    expect(told(events)).toEqual(["ADDED b"]);
  });

  test("tell of an object that enters the selection as added, of one that leaves it as deleted", async () => {
    const { request, watch } = await testServer();
    await request("POST", CONFIG_MAPS, { metadata: { name: "a" } });
    const { events } = await watch(`${CONFIG_MAPS}?watch=1&labelSelector=l%3D1`);
    await request("PATCH", `${CONFIG_MAPS}/a`, { metadata: { labels: { l: "1" } } }, MERGE);
    await request("PATCH", `${CONFIG_MAPS}/a`, { data: { x: "1" } }, MERGE);
    const left = await request("PATCH", `${CONFIG_MAPS}/a`, { metadata: { labels: { l: "2" } } }, MERGE);
    expect(told(events)).toEqual(["ADDED a", "MODIFIED a", "DELETED a"]);
    expect(events[2].object.metadata).toMatchObject({
      labels: { l: "1" },
      resourceVersion: left.json.metadata.resourceVersion,
    });
  });

  test("tell of a Pod's deletion before it is gone, also where nobody has to be waited for", async () => {
    const { request, watch } = await testServer();
    const pods = "/api/v1/namespaces/default/pods";
    await request("POST", pods, { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } });
    const { events } = await watch(`${pods}?watch=1`);
    await request("DELETE", `${pods}/p`);
    expect(told(events)).toEqual(["ADDED p", "MODIFIED p", "DELETED p"]);
    expect(events[1].object.metadata).toMatchObject({ deletionGracePeriodSeconds: 0, deletionTimestamp: expect.any(String) });
  });

  test("end initial events with a bookmark where that was asked for", async () => {
    const { request, watch } = await testServer();
    await request("POST", CONFIG_MAPS, { metadata: { name: "a" } });
    const query = "watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
    const { events } = await watch(`${CONFIG_MAPS}?${query}`);
    expect(told(events)).toEqual(["ADDED a", "BOOKMARK "]);
    expect(events[1].object.metadata.annotations).toEqual({ "k8s.io/initial-events-end": "true" });
  });

  test("from a revision that is no longer kept end with a 410", async () => {
    const { request, store } = await testServer();
    const { json } = await request("POST", "/api/v1/nodes", { metadata: { name: "n" } });
    await request("POST", CONFIG_MAPS, { metadata: { name: "a" } });
    await request("POST", CONFIG_MAPS, { metadata: { name: "b" } });
    await store.compact(await store.revision());
    const { events } = await (await testServer({ store })).watch(
      `${CONFIG_MAPS}?watch=1&resourceVersion=${json.metadata.resourceVersion}`,
    );
    expect(events).toMatchObject([{ type: "ERROR", object: { code: 410, reason: "Expired" } }]);
  });

  test("older than the cache are told from the store's history", async () => {
    const { request, store } = await testServer();
    const { json } = await request("POST", CONFIG_MAPS, { metadata: { name: "a" } });
    await request("POST", CONFIG_MAPS, { metadata: { name: "b" } });
    const restarted = await testServer({ store });
    await restarted.request("GET", CONFIG_MAPS);
    const { events } = await restarted.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${json.metadata.resourceVersion}`);
    await restarted.request("POST", CONFIG_MAPS, { metadata: { name: "c" } });
    expect(told(events)).toEqual(["ADDED b", "ADDED c"]);
  });

  test("end when their time is over, with bookmarks in between", async () => {
    const clock = virtualClock();
    const { watch } = await testServer({ clock });
    const { events, ended } = await watch(`${CONFIG_MAPS}?watch=1&timeoutSeconds=90&allowWatchBookmarks=true`);
    await clock.advance(61_000);
    expect(told(events)).toEqual(["BOOKMARK "]);
    expect(ended()).toBe(false);
    await clock.advance(30_000);
    expect(ended()).toBe(true);
  });
});
