import { expect, test } from "vitest";
import type { PersistentVolume } from "../../api/core/persistent-volume.ts";
import type { FeedItem } from "../cache/feed.ts";
import type { Attributes } from "./authorizer.ts";
import { nodeAuthorizer } from "./node-authorizer.ts";
import { nodeIndex } from "./node-index.ts";

const spec = {
  serviceAccountName: "web",
  imagePullSecrets: [{ name: "pull" }],
  containers: [
    {
      name: "c",
      envFrom: [{ secretRef: { name: "env" } }],
      env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "a" } } }],
    },
  ],
  volumes: [
    { name: "v", persistentVolumeClaim: { claimName: "data" } },
    { name: "p", projected: { sources: [{ secret: { name: "projected" } }, { configMap: { name: "kube-root-ca.crt" } }] } },
  ],
};

const item = (name: string, node: string, annotations = {}): FeedItem => ({
  namespace: "shop",
  name,
  revision: 1,
  fields: { "spec.nodeName": node },
  record: new Uint8Array(0),
  object: () => ({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "shop", annotations }, spec }) as never,
});

function setUp() {
  const index = nodeIndex();
  const authorize = nodeAuthorizer(index);
  const asks = (verb: string, group: string, resource: string, name: string, more: Partial<Attributes> = {}) =>
    authorize({
      user: { name: "system:node:n1", groups: ["system:nodes"] },
      verb,
      isResourceRequest: true,
      group,
      version: "v1",
      resource,
      subresource: "",
      namespace: "shop",
      name,
      path: "",
      ...more,
    });
  return { index, asks };
}

test("lets a node read what its Pods name, while they are there", () => {
  const { index, asks } = setUp();
  expect(asks("get", "", "secrets", "pull").reason).toBe("no relationship found between node 'n1' and this object");
  index.setPod(item("a", "n1"));
  for (const name of ["pull", "env", "projected"]) expect(asks("get", "", "secrets", name).allowed).toBe(true);
  for (const name of ["settings", "kube-root-ca.crt"]) expect(asks("watch", "", "configmaps", name).allowed).toBe(true);
  expect(asks("get", "", "persistentvolumeclaims", "data").allowed).toBe(true);
  expect(asks("create", "", "serviceaccounts", "web", { subresource: "token" }).allowed).toBe(true);
  expect(asks("create", "", "serviceaccounts", "other", { subresource: "token" }).allowed).toBe(false);
  expect(asks("get", "", "secrets", "pull", { namespace: "other" }).allowed).toBe(false);
  expect(asks("list", "", "secrets", "").reason).toBe("No Object name found");
  expect(asks("update", "", "secrets", "pull").allowed).toBe(false);
  index.setPod(item("a", "n2"));
  expect(asks("get", "", "secrets", "pull").allowed).toBe(false);
  index.setPod(item("a", "n1"));
  index.removePod(item("a", "n1"));
  expect(asks("get", "", "secrets", "pull").allowed).toBe(false);
});

test("takes nothing from mirror Pods", () => {
  const { index, asks } = setUp();
  index.setPod(item("a", "n1", { "kubernetes.io/config.mirror": "x" }));
  expect(asks("get", "", "secrets", "pull").allowed).toBe(false);
});

test("lets a node read the volume behind a claim of its Pods, and the volume's Secrets", () => {
  const { index, asks } = setUp();
  const csi = { driver: "d", volumeHandle: "h", nodeStageSecretRef: { name: "stage", namespace: "storage" } };
  const volume = { metadata: { name: "pv" }, spec: { claimRef: { namespace: "shop", name: "data" }, csi } } as PersistentVolume;
  index.setVolume(volume);
  expect(asks("get", "", "persistentvolumes", "pv", { namespace: "" }).allowed).toBe(false);
  index.setPod(item("a", "n1"));
  expect(asks("get", "", "persistentvolumes", "pv", { namespace: "" }).allowed).toBe(true);
  expect(asks("get", "", "secrets", "stage", { namespace: "storage" }).allowed).toBe(true);
  index.removeVolume(volume);
  expect(asks("get", "", "secrets", "stage", { namespace: "storage" }).allowed).toBe(false);
});

test("gives a node its own Node, Lease and CSINode, and no other", () => {
  const { asks } = setUp();
  const cluster = { namespace: "" };
  expect(asks("get", "", "nodes", "n1", cluster).allowed).toBe(true);
  expect(asks("get", "", "nodes", "n2", cluster).reason).toBe("node 'n1' cannot read 'n2', only its own Node object");
  expect(asks("patch", "", "nodes", "n1", { ...cluster, subresource: "status" }).allowed).toBe(true);
  const leases = { namespace: "kube-node-lease" };
  expect(asks("update", "coordination.k8s.io", "leases", "n1", leases).allowed).toBe(true);
  expect(asks("create", "coordination.k8s.io", "leases", "", leases).allowed).toBe(true);
  expect(asks("update", "coordination.k8s.io", "leases", "n2", leases).allowed).toBe(false);
  expect(asks("update", "coordination.k8s.io", "leases", "n1").allowed).toBe(false);
  expect(asks("update", "storage.k8s.io", "csinodes", "n1", cluster).allowed).toBe(true);
  expect(asks("update", "storage.k8s.io", "csinodes", "n2", cluster).allowed).toBe(false);
});

test("lets a node list its own Pods only, and what the fixed rules say", () => {
  const { index, asks } = setUp();
  index.setPod(item("a", "n1"));
  expect(asks("get", "", "pods", "a").allowed).toBe(true);
  expect(asks("get", "", "pods", "b").allowed).toBe(false);
  expect(asks("list", "", "pods", "", { namespace: "" }).allowed).toBe(false);
  expect(asks("watch", "", "pods", "", { namespace: "", fieldSelector: "spec.nodeName=n1" }).allowed).toBe(true);
  expect(asks("patch", "", "pods", "a", { subresource: "status" }).allowed).toBe(true);
  expect(asks("list", "", "services", "", { namespace: "" }).allowed).toBe(true);
  expect(asks("create", "", "events", "").allowed).toBe(true);
  expect(asks("delete", "", "services", "x").allowed).toBe(false);
});

test("has no opinion about others", () => {
  const { asks } = setUp();
  expect(asks("get", "", "nodes", "n1", { user: { name: "jane", groups: ["system:nodes"] } })).toEqual({
    allowed: false,
    denied: false,
    reason: "",
  });
});
