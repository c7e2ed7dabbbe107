import { describe, expect, test } from "vitest";
import { admissionPlugins } from "../../src/apiserver/admission/index.ts";
import { rbacIndex } from "../../src/apiserver/authz/rbac-index.ts";
import { testServer } from "../../src/apiserver/testing/in-process.ts";

const PODS = "/api/v1/namespaces/default/pods";
const STRATEGIC = { "content-type": "application/strategic-merge-patch+json" };
const MERGE = { "content-type": "application/merge-patch+json" };
const pod = (name: string, resources: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: "c", image: "i:1", resources }] },
});

describe("subresources", () => {
  test("status takes the status and nothing else", async () => {
    const { request } = await testServer();
    await request("POST", PODS, pod("p"));
    const change = {
      metadata: { labels: { a: "b" } },
      spec: { containers: [{ name: "c", image: "i:2" }] },
      status: { phase: "Running" },
    };
    const { status, json } = await request("PATCH", `${PODS}/p/status`, change, STRATEGIC);
    expect(status).toBe(200);
    expect(json.status.phase).toBe("Running");
    expect(json.spec.containers[0].image).toBe("i:1");
    const plain = await request("PATCH", `${PODS}/p`, { status: { phase: "Failed" } }, MERGE);
    expect(plain.json.status.phase).toBe("Running");
  });

  test("resize changes cpu and memory, and takes neither images nor another quality of service", async () => {
    const { request } = await testServer();
    await request("POST", PODS, pod("p", { requests: { cpu: "1" } }));
    const resize = (container: object) =>
      request("PATCH", `${PODS}/p/resize`, { spec: { containers: [{ name: "c", ...container }] } }, STRATEGIC);
    expect((await resize({ image: "i:2", resources: { requests: { cpu: "2" } } })).json).toMatchObject({
      spec: { containers: [{ image: "i:1", resources: { requests: { cpu: "2" } } }] },
    });
    expect((await resize({ resources: { requests: { cpu: null } } })).status).toBe(422);
    expect((await resize({ resources: { requests: { "example.com/gpu": "1" } } })).status).toBe(422);
  });

  test("binding gives a Pod its node once", async () => {
    const { request } = await testServer();
    await request("POST", PODS, pod("p"));
    const bind = (node: string) => request("POST", `${PODS}/p/binding`, { target: { kind: "Node", name: node } });
    expect((await bind("n1")).status).toBe(201);
    expect((await request("GET", `${PODS}/p`)).json.spec.nodeName).toBe("n1");
    expect((await bind("n2")).status).toBe(409);
  });

  test("a Binding of its own binds the Pod of its name, and admission takes it for no Pod", async () => {
    const { request } = await testServer({ admission: admissionPlugins({ index: rbacIndex(), authorizers: [] }) });
    await request("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    await request("POST", PODS, pod("p"));
    const binding = { metadata: { name: "p", labels: { l: "1" } }, target: { kind: "Node", name: "n1" } };
    expect((await request("POST", "/api/v1/namespaces/default/bindings", binding)).status).toBe(201);
    const bound = (await request("GET", `${PODS}/p`)).json;
    expect([bound.spec.nodeName, bound.metadata.labels]).toEqual(["n1", { l: "1" }]);
  });

  test("scale reads and writes the replicas of its parent", async () => {
    const { request } = await testServer();
    const labels = { app: "x" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
    const path = "/apis/apps/v1/namespaces/default/deployments";
    await request("POST", path, { metadata: { name: "d" }, spec: { selector: { matchLabels: labels }, template } });
    const { json } = await request("PATCH", `${path}/d/scale`, { spec: { replicas: 3 } }, MERGE);
    expect(json).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      spec: { replicas: 3 },
      status: { selector: "app=x" },
    });
    expect((await request("GET", `${path}/d`)).json.spec.replicas).toBe(3);
  });

  test("malformed bodies are bad requests", async () => {
    const { request } = await testServer();
    await request("POST", PODS, pod("p"));
    for (const path of [`${PODS}/p/binding`, `${PODS}/p/eviction`, "/api/v1/namespaces/default/bindings", PODS])
      expect((await request("POST", path, "{", { "content-type": "application/json" })).status, path).toBe(400);
  });
});

test("ComponentStatus tells of the store and of what runs beside the server", async () => {
  const { request } = await testServer({ components: ["scheduler"] });
  const { json } = await request("GET", "/api/v1/componentstatuses");
  expect(json.items.map((each: { metadata: { name: string } }) => each.metadata.name)).toEqual(["scheduler", "etcd-0"]);
  const one = await request("GET", "/api/v1/componentstatuses/etcd-0");
  expect(one.json).toMatchObject({ kind: "ComponentStatus", conditions: [{ type: "Healthy", status: "True" }] });
  expect((await request("GET", "/api/v1/componentstatuses/nothing")).status).toBe(404);
});
