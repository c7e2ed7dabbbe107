import { expect, test } from "vitest";
import type { ClusterRole, ClusterRoleBinding } from "../../api/generated/rbac-v1.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { bootstrapObjects, bootstrapRbac, reconcileRbac } from "./index.ts";

const trust = { ca: "CA", frontProxyCa: "FRONT", server: "https://10.0.0.1:6443" };
const named = (kind: string, name: string): KubernetesObject => {
  const found = bootstrapRbac().find((each) => each.kind === kind && each.metadata?.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found as KubernetesObject;
};

test("begins with the namespaces and names no object twice", () => {
  const objects = bootstrapObjects(trust);
  expect(objects.slice(0, 4).map(({ metadata }) => metadata?.name)).toEqual([
    "default",
    "kube-system",
    "kube-public",
    "kube-node-lease",
  ]);
  const keys = objects.map(({ kind, metadata }) => `${kind}/${metadata?.namespace ?? ""}/${metadata?.name}`);
  expect(new Set(keys).size).toBe(keys.length);
});

test("fills admin, edit and view, each with what the weaker one has", () => {
  const rules = (name: string) => (named("ClusterRole", name) as ClusterRole).rules.map((rule) => JSON.stringify(rule));
  const [view, edit, admin] = [rules("view"), rules("edit"), rules("admin")];
  expect(view.length).toBeGreaterThan(5);
  expect(edit).toEqual(expect.arrayContaining(view));
  expect(admin).toEqual(expect.arrayContaining(edit));
  expect(admin.some((rule) => rule.includes("rolebindings"))).toBe(true);
});

test("binds every binding to a role that is there", () => {
  const objects = bootstrapRbac() as unknown as (Omit<ClusterRoleBinding, "kind"> & { kind: string })[];
  const roles = new Set(
    objects.map(({ kind, metadata }) => `${kind}/${kind === "Role" ? metadata.namespace : ""}/${metadata.name}`),
  );
  for (const { roleRef, metadata } of objects.filter(({ kind }) => kind.endsWith("Binding")))
    expect(roles).toContain(`${roleRef.kind}/${roleRef.kind === "Role" ? metadata.namespace : ""}/${roleRef.name}`);
});

test("writes nothing for what is as it should be", () => {
  for (const object of bootstrapRbac()) expect(reconcileRbac(object, object as KubernetesObject)).toBeUndefined();
});

test("makes what is missing, adds rules and subjects, and keeps what an administrator added", () => {
  const wanted = named("ClusterRole", "system:discovery") as ClusterRole;
  expect(reconcileRbac(wanted, undefined)).toEqual({ type: "create", object: wanted });
  const own = { nonResourceURLs: ["/own"], verbs: ["get"] };
  const role = reconcileRbac(wanted, { ...wanted, rules: [own] } as unknown as KubernetesObject);
  expect(role?.type).toBe("update");
  expect(role?.object).toHaveProperty("rules.0", own);
  expect(role?.object).toHaveProperty("rules", expect.arrayContaining([{ nonResourceURLs: ["/api"], verbs: ["get"] }]));
  const binding = named("ClusterRoleBinding", "cluster-admin") as ClusterRoleBinding;
  const other = { kind: "User", name: "ann", apiGroup: "rbac.authorization.k8s.io" };
  const changed = reconcileRbac(binding, { ...binding, subjects: [other] } as unknown as KubernetesObject);
  expect(changed?.object).toHaveProperty("subjects", [other, ...(binding.subjects ?? [])]);
});

test("leaves alone what must not be updated, and replaces a binding to another role", () => {
  const binding = named("ClusterRoleBinding", "cluster-admin") as ClusterRoleBinding;
  const moved = { ...binding, roleRef: { ...binding.roleRef, name: "view" } };
  expect(reconcileRbac(binding, moved as unknown as KubernetesObject)).toEqual({ type: "replace", object: binding });
  const frozen = {
    ...moved,
    metadata: { ...moved.metadata, annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" } },
  };
  expect(reconcileRbac(binding, frozen as unknown as KubernetesObject)).toBeUndefined();
});
