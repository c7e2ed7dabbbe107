/**
 * NodeRestriction: a kubelet changes only its own Node, Lease and CSINode, the Pods on it, and gets tokens for those Pods only.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */

import { Lease } from "../../../api/coordination/lease.ts";
import { Node } from "../../../api/core/node.ts";
import { PersistentVolumeClaim } from "../../../api/core/persistent-volume-claim.ts";
import { Pod } from "../../../api/core/pod/pod.ts";
import { ServiceAccount } from "../../../api/core/service-account.ts";
import { ResourceSlice } from "../../../api/resource/resource-slice.ts";
import type { AnyResource } from "../../../api/row.ts";
import { CSINode } from "../../../api/storage/csi-node.ts";
import { cloneJson } from "../../../base/clone.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import { nodeNameOf } from "../../authz/node-identity.ts";
import { podReferences } from "../../authz/pod-references.ts";
import type { TokenRequest } from "../../reviews/token-request.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "../plugin.ts";
import { refusal } from "../refusal.ts";
import { forbiddenLabels } from "./node-labels.ts";

const MIRROR = "kubernetes.io/config.mirror";

/** Why the request is refused; undefined where it is not. */
type Check = (node: string, request: AdmissionRequest, reader: AdmissionReader) => string | undefined;

const quoted = JSON.stringify;

function createdPod(node: string, pod: DeepReadonly<Pod>): string | undefined {
  const { annotations, ownerReferences = [] } = pod.metadata;
  if (annotations?.[MIRROR] === undefined)
    return `pod does not have "${MIRROR}" annotation, node ${quoted(node)} can only create mirror pods`;
  if (pod.spec.nodeName !== node) return `node ${quoted(node)} can only create pods with spec.nodeName set to itself`;
  if (
    ownerReferences.some(({ kind, name, controller }) => kind !== "Node" || name !== node || !controller) ||
    ownerReferences.length > 1
  )
    return `node ${quoted(node)} can only create pods with an owner reference set to itself`;
  // What a mirror Pod names is not granted to it, so it is read as an ordinary one here.
  const { [MIRROR]: _, ...others } = annotations;
  const [first] = podReferences({ ...pod, metadata: { ...pod.metadata, annotations: others } });
  if (first === undefined) return undefined;
  const kind = first.slice(0, first.indexOf("/"));
  return `node ${quoted(node)} can not create pods that reference a ${KIND_NAMES[kind] ?? kind}`;
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  serviceaccount: "service account",
  secret: "secrets",
  configmap: "configmaps",
  persistentvolumeclaim: "persistentvolumeclaims",
  resourceclaim: "resourceclaims",
};

const pod: Check = (node, { operation, subresource, namespace, name, object, old }, reader) => {
  if (subresource === "status") {
    const before = old as DeepReadonly<Pod> | undefined;
    if (before?.spec.nodeName !== node)
      return `node ${quoted(node)} can only update pod status for pods with spec.nodeName set to itself`;
    const same = JSON.stringify(object?.metadata.labels ?? {}) === JSON.stringify(before.metadata.labels ?? {});
    return same ? undefined : `node ${quoted(node)} cannot update labels through pod status`;
  }
  if (subresource === "eviction") {
    const evicted = reader.get(Pod, namespace, name || (object?.metadata.name ?? "")) as DeepReadonly<Pod> | undefined;
    return evicted?.spec.nodeName === node ? undefined : `node ${node} can only evict pods with spec.nodeName set to itself`;
  }
  if (subresource !== "") return `unexpected pod subresource ${quoted(subresource)}, only 'status' and 'eviction' are allowed`;
  if (operation === "CREATE") return createdPod(node, object as Pod);
  if (operation !== "DELETE")
    return `unexpected operation ${quoted(operation)}, node ${quoted(node)} can only create and delete mirror pods`;
  const nodeName = (old as DeepReadonly<Pod> | undefined)?.spec.nodeName;
  return nodeName === node ? undefined : `node ${quoted(node)} can only delete pods with spec.nodeName set to itself`;
};

const nodeObject: Check = (node, { operation, name, object, old }) => {
  const asked = name || object?.metadata.name;
  if (asked !== node) return `node ${quoted(node)} is not allowed to modify node ${quoted(asked)}`;
  const now = object as DeepReadonly<Node> | undefined;
  const before = old as DeepReadonly<Node> | undefined;
  if (operation === "CREATE") {
    const labels = forbiddenLabels(now?.metadata.labels, undefined);
    return labels.length > 0
      ? `node ${quoted(node)} is not allowed to set the following labels: ${labels.join(", ")}`
      : undefined;
  }
  if (operation !== "UPDATE" || now === undefined || before === undefined) return undefined;
  const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? []) !== JSON.stringify(b ?? []);
  if (differs(now.metadata.ownerReferences, before.metadata.ownerReferences))
    return `node ${quoted(node)} is not allowed to modify ownerReferences`;
  if (differs(now.spec?.taints, before.spec?.taints)) return `node ${quoted(node)} is not allowed to modify taints`;
  const labels = forbiddenLabels(now.metadata.labels, before.metadata.labels);
  return labels.length > 0 ? `is not allowed to modify labels: ${labels.join(", ")}` : undefined;
};

/** A claim's status may only gain or lose what resizing on the node is about. */
const claim: Check = (node, { operation, subresource, object, old }) => {
  if (operation !== "UPDATE" || subresource !== "status") return undefined;
  const rest = (whole: unknown): string => {
    const { status, metadata, ...kept } = cloneJson(whole) as PersistentVolumeClaim;
    const { managedFields: _, resourceVersion: __, ...meta } = metadata;
    const {
      capacity,
      conditions,
      allocatedResources,
      allocatedResourceStatuses,
      currentVolumeAttributesClassName,
      modifyVolumeStatus,
      ...others
    } = status ?? {};
    return JSON.stringify([kept, meta, others]);
  };
  return rest(object) === rest(old)
    ? undefined
    : `node ${quoted(node)} is not allowed to update fields other than status.quantity and status.conditions`;
};

const token: Check = (_node, { subresource, namespace, object }, reader) => {
  if (subresource !== "token") return undefined;
  const reference = (object as TokenRequest).spec?.boundObjectRef;
  if (reference?.apiVersion !== "v1" || reference.kind !== "Pod") return "node requested token not bound to a pod";
  if (!reference.uid) return "node requested token with a pod binding without a uid";
  const bound = reader.get(Pod, namespace, reference.name ?? "") as DeepReadonly<Pod> | undefined;
  if (bound === undefined) return `pod ${quoted(reference.name)} not found`;
  if (bound.metadata.uid !== reference.uid)
    return `the UID in the bound object reference (${reference.uid}) does not match the UID in record (${bound.metadata.uid}). The object might have been deleted and then recreated`;
  return bound.spec.nodeName === _node ? undefined : "node requested token bound to a pod scheduled on a different node";
};

const lease: Check = (node, { namespace, name, object }) => {
  if (namespace !== "kube-node-lease") return `can only access leases in the "kube-node-lease" system namespace`;
  return (name || object?.metadata.name) === node
    ? undefined
    : "can only access node lease with the same name as the requesting node";
};

const csiNode: Check = (node, { name, object }) =>
  (name || object?.metadata.name) === node ? undefined : "can only access CSINode with the same name as the requesting node";

const slice: Check = (node, { operation, object, old }) => {
  const of = (whole: unknown): string | undefined => (whole as ResourceSlice | undefined)?.spec.nodeName;
  if (operation === "CREATE")
    return of(object) === node ? undefined : "can only create ResourceSlice with the same NodeName as the requesting node";
  return of(old) === node ? undefined : "can only delete ResourceSlice with the same NodeName as the requesting node";
};

const CHECKS: ReadonlyMap<AnyResource, Check> = new Map<AnyResource, Check>([
  [Pod, pod],
  [Node, nodeObject],
  [PersistentVolumeClaim, claim],
  [ServiceAccount, token],
  [Lease, lease],
  [CSINode, csiNode],
  [ResourceSlice, slice],
]);

export const nodeRestriction: AdmissionPlugin = {
  name: "NodeRestriction",
  handles: (operation, row) => operation !== "CONNECT" && CHECKS.has(row),
  mutate(request, { reader }) {
    const node = nodeNameOf(request.user);
    if (node === undefined) return;
    if (node === "") throw refusal(request, `could not determine node from user ${quoted(request.user.name)}`);
    const complaint = CHECKS.get(request.row)?.(node, request, reader);
    if (complaint !== undefined) throw refusal(request, complaint);
  },
};
