import { expect, test } from "vitest";
import type { ClusterRole, PolicyRule, RoleBinding } from "../../api/generated/rbac-v1.ts";
import type { AnyResource } from "../../api/row.ts";
import type { AdmissionRequest } from "../admission/plugin.ts";
import type { Attributes } from "./authorizer.ts";
import { rbacEscalation } from "./escalation.ts";
import { mastersAuthorizer, rbacAuthorizer } from "./rbac.ts";
import { type AnyBinding, type AnyRole, rbacIndex } from "./rbac-index.ts";

const API = "rbac.authorization.k8s.io/v1";
const role = (name: string, rules: PolicyRule[], namespace?: string): AnyRole =>
  ({ apiVersion: API, kind: namespace ? "Role" : "ClusterRole", metadata: { name, namespace }, rules }) as unknown as AnyRole;

const binding = (
  name: string,
  roleName: string,
  subject: object,
  namespace?: string,
  roleKind = namespace ? "Role" : "ClusterRole",
): AnyBinding =>
  ({
    apiVersion: API,
    kind: namespace ? "RoleBinding" : "ClusterRoleBinding",
    metadata: { name, namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: roleKind, name: roleName },
    subjects: [subject],
  }) as unknown as AnyBinding;

const jane = { kind: "User", name: "jane" };
const wants = (verb: string, resource: string, more: Partial<Attributes> = {}): Attributes => ({
  user: { name: "jane", groups: ["devs", "system:authenticated"] },
  verb,
  isResourceRequest: true,
  group: "",
  version: "v1",
  resource,
  subresource: "",
  namespace: "shop",
  name: "",
  path: "",
  ...more,
});

test("allows what a binding of the user, a group or a ServiceAccount grants, there only", () => {
  const index = rbacIndex();
  const authorize = rbacAuthorizer(index);
  index.setRole(role("reader", [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }], "shop"));
  index.setBinding(binding("b", "reader", jane, "shop"));
  expect(authorize(wants("get", "pods"))).toEqual({
    allowed: true,
    denied: false,
    reason: 'RBAC: allowed by RoleBinding "b/shop" of Role "reader" to User "jane"',
  });
  expect(authorize(wants("get", "pods", { namespace: "other" })).allowed).toBe(false);
  expect(authorize(wants("list", "pods")).allowed).toBe(false);
  index.setBinding(binding("b", "reader", { kind: "Group", name: "devs" }, "shop"));
  expect(authorize(wants("get", "pods")).reason).toContain('to Group "devs"');
  index.setBinding(binding("b", "reader", { kind: "ServiceAccount", name: "web" }, "shop"));
  expect(authorize(wants("get", "pods")).allowed).toBe(false);
  expect(authorize(wants("get", "pods", { user: { name: "system:serviceaccount:shop:web", groups: [] } })).reason).toContain(
    'to ServiceAccount "web/shop"',
  );
  index.deleteBinding(binding("b", "reader", jane, "shop"));
  expect(authorize(wants("get", "pods", { user: { name: "system:serviceaccount:shop:web", groups: [] } })).allowed).toBe(false);
});

test("knows wildcards, subresources, names and paths", () => {
  const index = rbacIndex();
  const authorize = rbacAuthorizer(index);
  index.setBinding(binding("b", "r", jane));
  const allowed = (rule: PolicyRule, attributes: Attributes): boolean => {
    index.setRole(role("r", [rule]));
    return authorize(attributes).allowed;
  };
  const status = wants("get", "pods", { subresource: "status", name: "x" });
  expect(allowed({ apiGroups: [""], resources: ["*/status"], verbs: ["*"] }, status)).toBe(true);
  expect(allowed({ apiGroups: [""], resources: ["pods"], verbs: ["*"] }, status)).toBe(false);
  expect(allowed({ apiGroups: ["*"], resources: ["*"], verbs: ["get"] }, status)).toBe(true);
  expect(
    allowed({ apiGroups: [""], resources: ["pods"], verbs: ["get"], resourceNames: ["y"] }, wants("get", "pods", { name: "x" })),
  ).toBe(false);
  expect(
    allowed({ apiGroups: [""], resources: ["pods"], verbs: ["get"], resourceNames: ["x"] }, wants("get", "pods", { name: "x" })),
  ).toBe(true);
  const path = wants("get", "", { isResourceRequest: false, path: "/healthz/etcd" });
  expect(allowed({ nonResourceURLs: ["/healthz/*"], verbs: ["get"] }, path)).toBe(true);
  expect(allowed({ nonResourceURLs: ["/healthz"], verbs: ["get"] }, path)).toBe(false);
});

test("says that the role of a binding is missing, and picks it up when it comes", () => {
  const index = rbacIndex();
  const authorize = rbacAuthorizer(index);
  index.setBinding(binding("b", "late", jane));
  expect(authorize(wants("get", "pods")).reason).toBe('RBAC: clusterrole.rbac.authorization.k8s.io "late" not found');
  index.setRole(role("late", [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }]));
  expect(authorize(wants("get", "pods")).allowed).toBe(true);
});

test("asks nobody about system:masters", () => {
  expect(mastersAuthorizer(wants("get", "pods")).allowed).toBe(false);
  expect(mastersAuthorizer(wants("get", "pods", { user: { name: "a", groups: ["system:masters"] } }))).toEqual({
    allowed: true,
    denied: false,
    reason: "",
  });
});

const index = rbacIndex();
const plugin = rbacEscalation({ index, authorizers: [rbacAuthorizer(index)] });

function write(object: AnyRole | AnyBinding, groups: string[] = ["system:authenticated"], old?: object): () => void {
  const request = {
    operation: old ? "UPDATE" : "CREATE",
    row: { group: "rbac.authorization.k8s.io", kind: object.kind, resource: `${object.kind.toLowerCase()}s` } as AnyResource,
    subresource: "",
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name,
    user: { name: "jane", groups },
    dryRun: false,
    object,
    old,
    options: {},
    warn: () => {},
  } as unknown as AdmissionRequest;
  return () => void plugin.validate?.(request, undefined as never);
}

test("refuses to grant what the writer does not hold, in upstream's words", () => {
  index.clear();
  index.setRole(role("own", [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }], "shop"));
  index.setBinding(binding("own", "own", jane, "shop"));
  index.setRole(
    role("cluster-admin", [
      { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
      { nonResourceURLs: ["*"], verbs: ["*"] },
    ]),
  );
  expect(write(role("fine", [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }], "shop"))).not.toThrow();
  expect(write(role("no", [{ apiGroups: [""], resources: ["nodes", "pods"], verbs: ["get", "watch"] }], "shop"))).toThrow(
    'roles.rbac.authorization.k8s.io "no" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
      '{APIGroups:[""], Resources:["nodes"], Verbs:["get" "watch"]}\n{APIGroups:[""], Resources:["pods"], Verbs:["watch"]}',
  );
  expect(write(binding("no", "cluster-admin", jane, "shop", "ClusterRole"))).toThrow(
    '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
  );
  expect(write(binding("no", "cluster-admin", jane, "shop", "ClusterRole"), ["system:masters"])).not.toThrow();
  expect(write(binding("no", "absent", jane, "shop"))).toThrow('rolebindings.rbac.authorization.k8s.io "absent" not found');
});

test("lets through with the verbs escalate and bind", () => {
  index.clear();
  index.setBinding(binding("own", "own", jane, "shop"));
  const strong: PolicyRule = { apiGroups: [""], resources: ["secrets"], verbs: ["delete"] };
  index.setRole(role("strong", [strong], "shop"));
  index.setRole(role("own", [{ apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["escalate"] }], "shop"));
  expect(write(role("new", [strong], "shop"))).not.toThrow();
  expect(write(binding("new", "strong", jane, "shop"))).toThrow("not currently held");
  index.setRole(
    role(
      "own",
      [{ apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["bind"], resourceNames: ["strong"] }],
      "shop",
    ),
  );
  expect(write(binding("new", "strong", jane, "shop"))).not.toThrow();
  expect(write(role("new", [strong], "shop"))).toThrow("not currently held");
});

test("wants cluster-admin from who aggregates, and nothing from who only touches owners", () => {
  index.clear();
  const aggregated = { ...role("a", []), aggregationRule: {} } as ClusterRole;
  expect(write(aggregated)).toThrow("must have cluster-admin privileges to use an aggregationRule");
  const before = { ...aggregated, metadata: { ...aggregated.metadata, finalizers: ["x"] } };
  expect(write(aggregated, [], before)).not.toThrow();
  const changed = binding("b", "own", jane, "shop") as RoleBinding;
  expect(write(changed, [], { ...changed, subjects: [] })).toThrow();
});
