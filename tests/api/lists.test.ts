import { describe, expect, test } from "vitest";
import { type Json, testServer } from "../../src/apiserver/testing/in-process.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const names = (list: Json): string[] => list.items.map((item: Json) => item.metadata.name);

async function withConfigMaps(count: number) {
  const api = await testServer();
  for (let index = 0; index < count; index++)
    await api.request("POST", CONFIG_MAPS, { metadata: { name: `c${index}`, labels: { odd: String(index % 2) } } });
  return api;
}

describe("lists", () => {
  test("come in the order of names, of one namespace or of all", async () => {
    const { request } = await testServer();
    for (const name of ["b", "a.b", "a-b", "a"]) await request("POST", CONFIG_MAPS, { metadata: { name } });
    await request("POST", "/api/v1/namespaces/other/configmaps", { metadata: { name: "z" } });
    expect(names((await request("GET", CONFIG_MAPS)).json)).toEqual(["a", "a-b", "a.b", "b"]);
    expect(names((await request("GET", "/api/v1/configmaps")).json)).toHaveLength(5);
  });

  test("goes on from a token as the snapshot was, whatever was written since", async () => {
    const { request } = await withConfigMaps(5);
    const first = (await request("GET", `${CONFIG_MAPS}?limit=2`)).json;
    expect(first.metadata).toMatchObject({ remainingItemCount: 3, continue: expect.any(String) });
    await request("DELETE", `${CONFIG_MAPS}/c3`);
    await request("POST", CONFIG_MAPS, { metadata: { name: "c2a" } });
    const second = (await request("GET", `${CONFIG_MAPS}?limit=2&continue=${first.metadata.continue}`)).json;
    expect(names(second)).toEqual(["c2", "c3"]);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const last = (await request("GET", `${CONFIG_MAPS}?limit=2&continue=${second.metadata.continue}`)).json;
    expect(names(last)).toEqual(["c4"]);
    expect(last.metadata.continue).toBeUndefined();
  });

  test("answer 410 with a token for the rest once the snapshot was compacted", async () => {
    const { request, store } = await withConfigMaps(4);
    const { metadata } = (await request("GET", `${CONFIG_MAPS}?limit=2`)).json;
    await request("DELETE", `${CONFIG_MAPS}/c3`);
    await store.compact(await store.revision());
    const gone = await request("GET", `${CONFIG_MAPS}?limit=2&continue=${metadata.continue}`);
    expect(gone.json).toMatchObject({ code: 410, reason: "Expired" });
    const rest = await request("GET", `${CONFIG_MAPS}?continue=${gone.json.metadata.continue}`);
    expect(names(rest.json)).toEqual(["c2"]);
  });

  test("of an exact version show that state; of a version that is yet to come they answer 504", async () => {
    const { request } = await withConfigMaps(2);
    const { resourceVersion } = (await request("GET", CONFIG_MAPS)).json.metadata;
    await request("DELETE", `${CONFIG_MAPS}/c0`);
    const exact = `${CONFIG_MAPS}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`;
    expect(names((await request("GET", exact)).json)).toEqual(["c0", "c1"]);
    const future = await request("GET", `${CONFIG_MAPS}?resourceVersion=999999`);
    expect(future.json).toMatchObject({ code: 504, reason: "Timeout" });
  });

  test("are selected by labels and fields, and refuse fields that cannot be selected", async () => {
    const { request } = await withConfigMaps(4);
    expect(names((await request("GET", `${CONFIG_MAPS}?labelSelector=odd%3D1`)).json)).toEqual(["c1", "c3"]);
    expect(names((await request("GET", `${CONFIG_MAPS}?labelSelector=odd%3D1&fieldSelector=metadata.name!%3Dc1`)).json)).toEqual([
      "c3",
    ]);
    expect((await request("GET", `${CONFIG_MAPS}?fieldSelector=data.a%3D1`)).status).toBe(400);
  });

  test("of built-in kinds hold items without kind; metadata alone has a kind of its own", async () => {
    const { request } = await withConfigMaps(1);
    expect((await request("GET", CONFIG_MAPS)).json.items[0]).not.toHaveProperty("kind");
    const accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    const partial = (await request("GET", CONFIG_MAPS, undefined, { accept })).json;
    expect(partial.items[0]).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "c0" } });
  });
});
