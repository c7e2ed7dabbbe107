/**
 * The Node authorizer: a kubelet reads what its own Pods need and writes its own Node, Lease and CSINode; what it may do beside that
 * is a fixed list of rules. What it does not allow, RBAC may.
 * https://kubernetes.io/docs/reference/access-authn-authz/node/
 */
import { rbacObjects } from "../../api/generated/bootstrap.ts";
import type { ClusterRole } from "../../api/generated/rbac-v1.ts";
import type { Attributes, Authorizer, Decision } from "./authorizer.ts";
import { nodeNameOf } from "./node-identity.ts";
import type { NodeIndex } from "./node-index.ts";
import type { ReferenceKind } from "./pod-references.ts";
import { type Rule, ruleAllows } from "./policy-rule.ts";

const ALLOWED: Decision = { allowed: true, denied: false, reason: "" };
const noOpinion = (reason: string): Decision => ({ allowed: false, denied: false, reason });

const READ_VERBS = ["get", "list", "watch"];
const LEASE_NAMESPACE = "kube-node-lease";
const OWN_OBJECT_VERBS = ["get", "create", "update", "patch", "delete"];

/** Upstream's rules for nodes stand in the role of that name, which is bound to nobody. Read when the first node asks. */
let nodeRules: readonly Rule[] | undefined;
function staticRules(): readonly Rule[] {
  nodeRules ??= (rbacObjects() as ClusterRole[]).find(
    ({ kind, metadata }) => kind === "ClusterRole" && metadata.name === "system:node",
  )?.rules;
  return nodeRules ?? [];
}

const byRules = (attributes: Attributes): Decision =>
  staticRules().some((rule) => ruleAllows(rule, attributes)) ? ALLOWED : noOpinion("");

const related = (node: string, is: boolean): Decision =>
  is ? ALLOWED : noOpinion(`no relationship found between node '${node}' and this object`);

type Check = (node: string, attributes: Attributes, index: NodeIndex) => Decision;

/** Secrets and ConfigMaps: get, list and watch of single objects. */
const readNamed =
  (kind: ReferenceKind): Check =>
  (node, { verb, subresource, namespace, name }, index) => {
    if (!READ_VERBS.includes(verb)) return noOpinion("can only read resources of this type");
    if (subresource !== "") return noOpinion("cannot read subresource");
    if (namespace === "") return noOpinion("can only read namespaced object of this type");
    if (name === "") return noOpinion("No Object name found");
    return related(node, index.references(node, kind, namespace, name));
  };

const getOne =
  (is: (node: string, attributes: Attributes, index: NodeIndex) => boolean): Check =>
  (node, attributes, index) => {
    if (attributes.verb !== "get" || attributes.name === "") return noOpinion("can only get individual resources of this type");
    if (attributes.subresource !== "") return noOpinion("cannot get subresource");
    return related(node, is(node, attributes, index));
  };

const claim: Check = (node, attributes, index) => {
  const { verb, subresource, namespace, name } = attributes;
  const is = index.references(node, "persistentvolumeclaim", namespace, name);
  if (subresource !== "status") return getOne(() => is)(node, attributes, index);
  if (verb !== "update" && verb !== "patch") return noOpinion("can only update status subresource");
  return name === "" ? noOpinion("can only update status of individual resources of this type") : related(node, is);
};

const token: Check = (node, { verb, subresource, namespace, name }, index) => {
  if (verb !== "create" || name === "" || subresource !== "token")
    return noOpinion("can only create tokens for individual service accounts");
  return related(node, index.references(node, "serviceaccount", namespace, name));
};

/** Objects that are named like the node. A create does not say the name yet: NodeRestriction looks at it. */
const own =
  (what: string, longName: string): Check =>
  (node, { verb, subresource, name }) => {
    if (!OWN_OBJECT_VERBS.includes(verb)) return noOpinion(`can only get, create, update, patch, or delete a ${what}`);
    if (subresource !== "") return noOpinion(`cannot authorize ${what} subresources`);
    if (verb !== "create" && name !== node)
      return noOpinion(`can only access ${longName} with the same name as the requesting node`);
    return ALLOWED;
  };

const ownLease = own("node lease", "node lease");
const lease: Check = (node, attributes, index) => {
  if (attributes.namespace !== LEASE_NAMESPACE)
    return noOpinion(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  return ownLease(node, attributes, index);
};

/** `spec.nodeName=NODE`, alone or among other terms. */
const selectsNode = (fieldSelector: string | undefined, field: string, node: string): boolean =>
  fieldSelector?.split(",").some((term) => term === `${field}=${node}` || term === `${field}==${node}`) ?? false;

const nodeObject: Check = (node, attributes) => {
  const { verb, subresource, name } = attributes;
  if (subresource === "" && READ_VERBS.includes(verb) && name !== node)
    return noOpinion(`node '${node}' cannot read '${name}', only its own Node object`);
  return byRules(attributes);
};

const pod: Check = (node, attributes, index) => {
  const { verb, subresource, namespace, name, fieldSelector } = attributes;
  if (subresource === "" && verb === "get") return related(node, index.hasPod(node, namespace, name));
  if (subresource === "" && (verb === "list" || verb === "watch") && !selectsNode(fieldSelector, "spec.nodeName", node))
    return noOpinion(`can only list/watch pods with spec.nodeName field selector`);
  return byRules(attributes);
};

const slice: Check = (node, { verb, subresource, name, fieldSelector }, index) => {
  if (subresource !== "") return noOpinion("cannot authorize ResourceSlice subresources");
  if (verb === "create") return ALLOWED;
  if (verb === "get" || verb === "update" || verb === "patch" || verb === "delete")
    return related(node, index.hasSlice(node, name));
  if (["list", "watch", "deletecollection"].includes(verb))
    return selectsNode(fieldSelector, "spec.nodeName", node)
      ? ALLOWED
      : noOpinion("can only list/watch/deletecollection resourceslices with nodeName field selector");
  return noOpinion(
    "only the following verbs are allowed for a ResourceSlice: create, get, update, patch, delete, list, watch, deletecollection",
  );
};

/** By `group/resource`. Everything else goes by the fixed rules. */
const CHECKS: Readonly<Record<string, Check>> = {
  "/secrets": readNamed("secret"),
  "/configmaps": readNamed("configmap"),
  "/persistentvolumeclaims": claim,
  "/persistentvolumes": getOne((node, { name }, index) => index.hasVolume(node, name)),
  "resource.k8s.io/resourceclaims": getOne((node, { namespace, name }, index) =>
    index.references(node, "resourceclaim", namespace, name),
  ),
  "storage.k8s.io/volumeattachments": getOne((node, { name }, index) => index.hasAttachment(node, name)),
  "/serviceaccounts": token,
  "coordination.k8s.io/leases": lease,
  "storage.k8s.io/csinodes": own("CSINode", "CSINode"),
  "resource.k8s.io/resourceslices": slice,
  "/nodes": nodeObject,
  "/pods": pod,
};

export const nodeAuthorizer =
  (index: NodeIndex): Authorizer =>
  (attributes) => {
    const node = nodeNameOf(attributes.user);
    if (node === undefined) return noOpinion("");
    if (node === "") return noOpinion(`unknown node for user "${attributes.user.name}"`);
    const check = attributes.isResourceRequest ? CHECKS[`${attributes.group}/${attributes.resource}`] : undefined;
    return check ? check(node, attributes, index) : byRules(attributes);
  };
