import { describe, expect, test } from "vitest";
import { testServer } from "../../src/apiserver/testing/in-process.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const SERVICES = "/api/v1/namespaces/default/services";
const MERGE = { "content-type": "application/merge-patch+json" };
const service = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });

describe("writes", () => {
  test("that change nothing write nothing", async () => {
    const { request } = await testServer();
    const { json } = await request("POST", CONFIG_MAPS, { metadata: { name: "a" }, data: { x: "1" } });
    const patched = await request("PATCH", `${CONFIG_MAPS}/a`, { data: { x: "1" } }, MERGE);
    expect(patched.json.metadata.resourceVersion).toBe(json.metadata.resourceVersion);
  });

  test("that say the same in another order write nothing", async () => {
    const { request } = await testServer();
    const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    const { json } = await request("POST", budgets, { metadata: { name: "b" }, spec: { minAvailable: 0, selector: {} } });
    const status = { disruptionsAllowed: 0, expectedPods: 0, desiredHealthy: 0, currentHealthy: 0, conditions: [] };
    const put = await request("PUT", `${budgets}/b/status`, { ...json, status });
    expect([put.status, put.json.metadata.resourceVersion]).toEqual([200, json.metadata.resourceVersion]);
  });

  test("of a status that leave the metadata alone own nothing of it", async () => {
    const { request } = await testServer();
    const claims = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims";
    const { json } = await request("POST", claims, { metadata: { name: "c" }, spec: {} });
    const { metadata } = json;
    const put = await request("PUT", `${claims}/c/status`, { ...json, metadata: { ...metadata, labels: { l: "1" } } });
    expect(put.json.metadata).toEqual(metadata);
  });

  test("of a Deployment's annotations are a new generation, but not through its status", async () => {
    const { request } = await testServer();
    const labels = { app: "x" };
    const spec = {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } },
    };
    const path = "/apis/apps/v1/namespaces/default/deployments";
    await request("POST", path, { metadata: { name: "d" }, spec });
    const annotate = async (at: string, a: string) =>
      (await request("PATCH", `${path}/${at}`, { metadata: { annotations: { a } } }, MERGE)).json.metadata.generation;
    expect(await annotate("d", "1")).toBe(2);
    expect(await annotate("d/status", "2")).toBe(2);
    const before = (await request("GET", `${path}/d`)).json.metadata;
    const labelled = await request("PATCH", `${path}/d/status`, { metadata: { labels: { l: "1" } } }, MERGE);
    expect(labelled.json.metadata).toEqual(before);
  });

  test("of a CSIDriver count generations from its first change", async () => {
    const { request } = await testServer();
    const path = "/apis/storage.k8s.io/v1/csidrivers";
    const made = await request("POST", path, { metadata: { name: "d.io" }, spec: {} });
    expect(made.json.metadata).not.toHaveProperty("generation");
    const { json } = await request("PATCH", `${path}/d.io`, { spec: { podInfoOnMount: true } }, MERGE);
    expect(json.metadata.generation).toBe(1);
  });

  test("of an old version are refused", async () => {
    const { request } = await testServer();
    const { json } = await request("POST", CONFIG_MAPS, { metadata: { name: "a" } });
    await request("PATCH", `${CONFIG_MAPS}/a`, { data: { x: "1" } }, MERGE);
    expect((await request("PUT", `${CONFIG_MAPS}/a`, json)).json).toMatchObject({ code: 409, reason: "Conflict" });
  });

  test("that patch one object at once all take effect", async () => {
    const { request } = await testServer();
    await request("POST", CONFIG_MAPS, { metadata: { name: "a" } });
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => request("PATCH", `${CONFIG_MAPS}/a`, { data: { [`k${index}`]: "1" } }, MERGE)),
    );
    expect(Object.keys((await request("GET", `${CONFIG_MAPS}/a`)).json.data)).toHaveLength(12);
  });

  test("that patch with a key twice take the last one and warn, or refuse the patch where Strict", async () => {
    const { request } = await testServer();
    await request("POST", CONFIG_MAPS, { metadata: { name: "a" }, data: { x: "1" } });
    const twice = '{"data":{"x":"2","x":"3"}}';
    const strict = await request("PATCH", `${CONFIG_MAPS}/a?fieldValidation=Strict`, twice, MERGE);
    expect(strict.json).toMatchObject({ code: 422, details: { causes: [{ field: "patch" }] } });
    const warned = await request("PATCH", `${CONFIG_MAPS}/a?fieldValidation=Warn`, twice, MERGE);
    expect([warned.status, warned.json.data]).toEqual([200, { x: "3" }]);
    expect(warned.headers.warning).toContain('duplicate field \\"data.x\\"');
    const once = await request("PATCH", `${CONFIG_MAPS}/a?fieldValidation=Strict`, { data: { x: "a:b", y: '{"c":1}' } }, MERGE);
    expect(once.status).toBe(200);
  });

  test("as a dry run are answered and not stored", async () => {
    const { request } = await testServer();
    expect((await request("POST", `${CONFIG_MAPS}?dryRun=All`, { metadata: { name: "a" } })).status).toBe(201);
    expect((await request("GET", `${CONFIG_MAPS}/a`)).status).toBe(404);
  });

  test("give generated names to what has none, each another one", async () => {
    const { request } = await testServer();
    const made = await Promise.all([1, 2, 3].map(() => request("POST", CONFIG_MAPS, { metadata: { generateName: "g-" } })));
    const names = made.map(({ json }) => json.metadata.name);
    expect(new Set(names).size).toBe(3);
    expect(names[0]).toMatch(/^g-[a-z0-9]{5}$/);
  });

  test("that delete show the object at the version of its deletion", async () => {
    const { request } = await testServer();
    const path = "/apis/storage.k8s.io/v1/storageclasses";
    const made = await request("POST", path, { metadata: { name: "a" }, provisioner: "x.io/p" });
    const { status, json } = await request("DELETE", `${path}/a`);
    expect([status, json.kind]).toEqual([200, "StorageClass"]);
    expect(Number(json.metadata.resourceVersion)).toBeGreaterThan(Number(made.json.metadata.resourceVersion));
  });

  test("that delete a Pod show the grace period that it ended with", async () => {
    const { request } = await testServer();
    const pods = "/api/v1/namespaces/default/pods";
    await request("POST", pods, { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } });
    const { json } = await request("DELETE", `${pods}/p`, { gracePeriodSeconds: 0 });
    expect(json.metadata).toMatchObject({ deletionGracePeriodSeconds: 0, generation: 2 });
    expect((await request("GET", `${pods}/p`)).status).toBe(404);
  });

  test("that delete take their options in the group of the resource", async () => {
    const { request } = await testServer();
    await request("POST", SERVICES, service("s"));
    const options = { kind: "DeleteOptions", apiVersion: "apps/v1", propagationPolicy: "Foreground" };
    const { json } = await request("DELETE", `${SERVICES}/s`, options);
    expect(json.metadata.finalizers).toEqual(["foregroundDeletion"]);
  });

  test("that delete leave an object with finalizers until the last one is gone", async () => {
    const { request } = await testServer();
    await request("POST", CONFIG_MAPS, { metadata: { name: "a", finalizers: ["x.io/a"] } });
    const marked = await request("DELETE", `${CONFIG_MAPS}/a`);
    expect(marked.json.metadata).toMatchObject({ deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0 });
    await request("PATCH", `${CONFIG_MAPS}/a`, { metadata: { finalizers: null } }, MERGE);
    expect((await request("GET", `${CONFIG_MAPS}/a`)).status).toBe(404);
  });

  test("that delete with preconditions meet the object they mean, or none", async () => {
    const { request } = await testServer();
    await request("POST", CONFIG_MAPS, { metadata: { name: "a" } });
    const refused = await request("DELETE", `${CONFIG_MAPS}/a`, { preconditions: { uid: "other" } });
    expect(refused.json).toMatchObject({ code: 409, reason: "Conflict" });
    expect((await request("DELETE", `${CONFIG_MAPS}/a`)).json).toMatchObject({ kind: "Status", status: "Success" });
  });
});

describe("Services", () => {
  test("hold their address as an IPAddress for as long as they are there", async () => {
    const { request } = await testServer();
    const { clusterIP } = (await request("POST", SERVICES, service("a"))).json.spec;
    const address = `/apis/networking.k8s.io/v1/ipaddresses/${clusterIP}`;
    expect((await request("GET", address)).json.spec.parentRef).toMatchObject({ name: "a", namespace: "default" });
    await request("DELETE", `${SERVICES}/a`);
    expect((await request("GET", address)).status).toBe(404);
  });

  test("never share an address or a node port, however many ask at once", async () => {
    const { request } = await testServer({ serviceRanges: { cidr: "10.96.0.0/28", nodePorts: { first: 30_000, last: 30_011 } } });
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, index) => request("POST", SERVICES, service(`s${index}`, { type: "NodePort" }))),
    );
    expect(made.map(({ status }) => status)).toEqual(Array(10).fill(201));
    expect(new Set(made.map(({ json }) => json.spec.clusterIP)).size).toBe(10);
    expect(new Set(made.map(({ json }) => json.spec.ports[0].nodePort)).size).toBe(10);
  });

  test("refuse what another one holds, and give it back when their type changes", async () => {
    const { request } = await testServer();
    await request("POST", SERVICES, service("a", { type: "NodePort", ports: [{ port: 80, nodePort: 30_123 }] }));
    const taken = await request("POST", SERVICES, service("b", { type: "NodePort", ports: [{ port: 80, nodePort: 30_123 }] }));
    expect(taken.json.details.causes).toMatchObject([{ field: "spec.ports[0].nodePort", reason: "FieldValueInvalid" }]);
    await request("PATCH", `${SERVICES}/a`, { spec: { type: "ClusterIP", ports: [{ port: 80, nodePort: 0 }] } }, MERGE);
    const free = await request("POST", SERVICES, service("b", { type: "NodePort", ports: [{ port: 80, nodePort: 30_123 }] }));
    expect(free.status).toBe(201);
  });
});
