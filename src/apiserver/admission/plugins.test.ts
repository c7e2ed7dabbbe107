import { expect, test } from "vitest";
import { LimitRange } from "../../api/core/limit-range.ts";
import { Namespace } from "../../api/core/namespace.ts";
import { Node } from "../../api/core/node.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { ServiceAccount } from "../../api/core/service-account.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { RuntimeClass } from "../../api/node/runtime-class.ts";
import type { AnyResource } from "../../api/row.ts";
import { PriorityClass } from "../../api/scheduling/priority-class.ts";
import { seededEntropy } from "../../base/entropy.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { rbacIndex } from "../authz/rbac-index.ts";
import { admissionChain } from "./chain.ts";
import { admissionPlugins } from "./index.ts";
import type { AdmissionReader, AdmissionRequest } from "./plugin.ts";

const ADMIN = { name: "admin", groups: ["system:masters"] };
const KUBELET = { name: "system:node:n1", groups: ["system:nodes"] };

function setUp() {
  const stored = new Map<AnyResource, Map<string, KubernetesObject>>();
  const put = (row: AnyResource, name: string, more: object = {}): void => {
    const objects = stored.get(row) ?? new Map<string, KubernetesObject>();
    stored.set(row, objects.set(name, { metadata: { name, uid: name }, ...more } as KubernetesObject));
  };
  const reader: AdmissionReader = {
    get: (row, _namespace, name) => stored.get(row)?.get(name),
    list: (row) => [...(stored.get(row)?.values() ?? [])],
    identity: (row, _namespace, name) => (stored.get(row)?.has(name) ? { uid: name, deleting: false } : undefined),
  };
  const plugins = admissionPlugins({ index: rbacIndex(), authorizers: [] });
  const chain = admissionChain({ plugins, reader, clock: virtualClock(), entropy: seededEntropy(7) });
  const warnings: string[] = [];
  async function admit<T extends KubernetesObject>(
    row: AnyResource,
    object: object,
    more: Partial<AdmissionRequest> = {},
  ): Promise<T> {
    const request = {
      operation: "CREATE",
      row,
      subresource: "",
      namespace: row.namespaced ? "shop" : "",
      name: (object as KubernetesObject).metadata.name,
      user: ADMIN,
      dryRun: false,
      object,
      old: undefined,
      options: {},
      warn: (text: string) => void warnings.push(text),
      ...more,
    } as AdmissionRequest;
    await chain.mutate(request, []);
    await chain.validate(request, []);
    return object as T;
  }
  put(Namespace, "shop");
  put(ServiceAccount, "default");
  return { put, admit, warnings };
}

const pod = (spec: object = {}, metadata: object = {}): object => ({
  metadata: { name: "p", ...metadata },
  spec: { containers: [{ name: "c", image: "img" }], ...spec },
});

test("gives a Pod its account with a token, tolerations and priority", async () => {
  const { admit } = setUp();
  const { spec } = await admit<Pod>(Pod, pod());
  expect(spec).toMatchObject({
    serviceAccountName: "default",
    serviceAccount: "default",
    priority: 0,
    preemptionPolicy: "PreemptLowerPriority",
  });
  expect(spec.volumes?.[0]?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
  expect(spec.containers[0]?.volumeMounts).toEqual([
    { mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", name: spec.volumes?.[0]?.name, readOnly: true },
  ]);
  expect(spec.tolerations?.map(({ key, tolerationSeconds }) => [key, tolerationSeconds])).toEqual([
    ["node.kubernetes.io/not-ready", 300],
    ["node.kubernetes.io/unreachable", 300],
  ]);
});

test("mounts no token where Pod or account say so, or something else is mounted there", async () => {
  const { admit, put } = setUp();
  expect((await admit<Pod>(Pod, pod({ automountServiceAccountToken: false }))).spec.volumes).toBeUndefined();
  const mounts = [{ name: "own", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }];
  expect((await admit<Pod>(Pod, pod({ containers: [{ name: "c", volumeMounts: mounts }] }))).spec.volumes).toBeUndefined();
  put(ServiceAccount, "quiet", { automountServiceAccountToken: false, imagePullSecrets: [{ name: "r" }] });
  const { spec } = await admit<Pod>(Pod, pod({ serviceAccountName: "quiet" }));
  expect(spec.volumes).toBeUndefined();
  expect(spec.imagePullSecrets).toEqual([{ name: "r" }]);
});

test("refuses what the namespace, account or class of a Pod does not allow", async () => {
  const { admit, put } = setUp();
  await expect(admit(Pod, pod({ serviceAccountName: "ghost" }))).rejects.toThrow(
    'pods "p" is forbidden: error looking up service account shop/ghost: serviceaccount "ghost" not found',
  );
  await expect(admit(Pod, pod(), { namespace: "nowhere" })).rejects.toThrow('namespaces "nowhere" not found');
  await expect(admit(Pod, pod({ priorityClassName: "none" }))).rejects.toThrow("no PriorityClass with name none was found");
  put(PriorityClass, "high", { value: 1000, preemptionPolicy: "Never" });
  await expect(admit(Pod, pod({ priorityClassName: "high", priority: 5 }))).rejects.toThrow(
    "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name",
  );
  put(Namespace, "shop", { status: { phase: "Terminating" } });
  await expect(admit(Pod, pod())).rejects.toMatchObject({
    code: 403,
    details: {
      causes: [{ reason: "NamespaceTerminating", message: "namespace shop is being terminated", field: "metadata.namespace" }],
    },
  });
});

test("keeps protected namespaces and taints new Nodes", async () => {
  const { admit } = setUp();
  const remove = { operation: "DELETE" as const, object: undefined };
  await expect(admit(Namespace, { metadata: { name: "kube-system" } }, { ...remove, name: "kube-system" })).rejects.toThrow(
    'namespaces "kube-system" is forbidden: this namespace may not be deleted',
  );
  await expect(admit(Namespace, { metadata: { name: "shop" } }, { ...remove, name: "shop" })).resolves.toBeDefined();
  expect((await admit<Node>(Node, { metadata: { name: "n1" } })).spec?.taints).toEqual([
    { effect: "NoSchedule", key: "node.kubernetes.io/not-ready" },
  ]);
});

test("lets a kubelet make its own Node and mirror Pods, with harmless labels", async () => {
  const { admit } = setUp();
  const as = { user: KUBELET };
  await expect(
    admit(Node, { metadata: { name: "n1", labels: { "kubernetes.io/os": "linux", own: "x" } } }, as),
  ).resolves.toBeDefined();
  await expect(admit(Node, { metadata: { name: "n2" } }, as)).rejects.toThrow('node "n1" is not allowed to modify node "n2"');
  const labels = { "node-role.kubernetes.io/admin": "" };
  await expect(admit(Node, { metadata: { name: "n1", labels } }, as)).rejects.toThrow(
    'node "n1" is not allowed to set the following labels: node-role.kubernetes.io/admin',
  );
  await expect(admit(Pod, pod(), as)).rejects.toThrow('node "n1" can only create mirror pods');
  const mirror = { annotations: { "kubernetes.io/config.mirror": "x" } };
  await expect(admit(Pod, pod({ nodeName: "n1" }, mirror), as)).resolves.toBeDefined();
  const volumes = [{ name: "v", secret: { secretName: "s" } }];
  await expect(admit(Pod, pod({ nodeName: "n1", volumes }, mirror), as)).rejects.toThrow(
    'node "n1" can not create pods that reference a secrets',
  );
});

test("lets a kubelet have tokens only for Pods on its node", async () => {
  const { admit, put } = setUp();
  put(Pod, "mine", { spec: { nodeName: "n1" } });
  put(Pod, "other", { spec: { nodeName: "n2" } });
  const ask = (boundObjectRef?: object): Promise<unknown> =>
    admit(ServiceAccount, { metadata: { name: "default" }, spec: { boundObjectRef } }, { user: KUBELET, subresource: "token" });
  const bound = (name: string): object => ({ kind: "Pod", apiVersion: "v1", name, uid: name });
  await expect(ask()).rejects.toThrow("node requested token not bound to a pod");
  await expect(ask({ ...bound("mine"), uid: undefined })).rejects.toThrow(
    "node requested token with a pod binding without a uid",
  );
  await expect(ask(bound("other"))).rejects.toThrow("node requested token bound to a pod scheduled on a different node");
  await expect(ask(bound("mine"))).resolves.toBeDefined();
});

test("adds what a RuntimeClass costs, and refuses an overhead of one's own", async () => {
  const { admit, put } = setUp();
  put(RuntimeClass, "vm", { overhead: { podFixed: { cpu: "250m" } }, scheduling: { nodeSelector: { vm: "yes" } } });
  expect((await admit<Pod>(Pod, pod({ runtimeClassName: "vm" }))).spec).toMatchObject({
    overhead: { cpu: "250m" },
    nodeSelector: { vm: "yes" },
  });
  await expect(admit(Pod, pod({ runtimeClassName: "vm", nodeSelector: { vm: "no" } }))).rejects.toThrow(
    "conflict: runtimeClass.scheduling.nodeSelector[vm]",
  );
  await expect(admit(Pod, pod({ overhead: { cpu: "1" } }))).rejects.toThrow(
    "Pod Overhead set without corresponding RuntimeClass defined Overhead",
  );
});

test("sets a LimitRange's defaults, says so, and refuses what is beyond", async () => {
  const { admit, put } = setUp();
  const limit = { type: "Container", default: { cpu: "200m" }, defaultRequest: { cpu: "50m" }, max: { cpu: "500m" } };
  put(LimitRange, "bounds", { spec: { limits: [limit] } });
  const admitted = await admit<Pod>(Pod, pod());
  expect(admitted.spec.containers[0]?.resources).toEqual({ limits: { cpu: "200m" }, requests: { cpu: "50m" } });
  expect(admitted.metadata.annotations?.["kubernetes.io/limit-ranger"]).toBe(
    "LimitRanger plugin set: cpu request for container c; cpu limit for container c",
  );
  await expect(admit(Pod, pod({ containers: [{ name: "c", resources: { limits: { cpu: "2" } } }] }))).rejects.toThrow(
    'pods "p" is forbidden: maximum cpu usage per Container is 500m, but limit is 2',
  );
});

test("refuses and warns by the level of the namespace, in upstream's words", async () => {
  const { admit, put, warnings } = setUp();
  put(Namespace, "shop", {
    metadata: {
      name: "shop",
      labels: { "pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn": "restricted" },
    },
  });
  await expect(
    admit(Pod, pod({ hostNetwork: true, containers: [{ name: "c", securityContext: { privileged: true } }] })),
  ).rejects.toThrow(
    'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), privileged (container "c" must not set securityContext.privileged=true)',
  );
  await admit(Pod, pod());
  expect(warnings).toEqual([
    'would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  ]);
});
