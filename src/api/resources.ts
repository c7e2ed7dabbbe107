/**
 * The one ordered list of built-in rows, in the order of discovery, and how a row is found.
 *
 * Storages that are served under two (group, version) faces stand here once: Event (core and events.k8s.io) and
 * HorizontalPodAutoscaler (autoscaling v2 and v1).
 */

import { MutatingAdmissionPolicy } from "./admissionregistration/mutating-admission-policy.ts";
import { MutatingAdmissionPolicyBinding } from "./admissionregistration/mutating-admission-policy-binding.ts";
import { MutatingWebhookConfiguration } from "./admissionregistration/mutating-webhook-configuration.ts";
import { ValidatingAdmissionPolicy } from "./admissionregistration/validating-admission-policy.ts";
import { ValidatingAdmissionPolicyBinding } from "./admissionregistration/validating-admission-policy-binding.ts";
import { ValidatingWebhookConfiguration } from "./admissionregistration/validating-webhook-configuration.ts";
import { CustomResourceDefinition } from "./apiextensions/custom-resource-definition.ts";
import { APIService } from "./apiregistration/api-service.ts";
import { ControllerRevision } from "./apps/controller-revision.ts";
import { DaemonSet } from "./apps/daemon-set.ts";
import { Deployment } from "./apps/deployment.ts";
import { ReplicaSet } from "./apps/replica-set.ts";
import { StatefulSet } from "./apps/stateful-set.ts";
import { SelfSubjectReview } from "./authentication/self-subject-review.ts";
import { TokenReview } from "./authentication/token-review.ts";
import { LocalSubjectAccessReview } from "./authorization/local-subject-access-review.ts";
import { SelfSubjectAccessReview } from "./authorization/self-subject-access-review.ts";
import { SelfSubjectRulesReview } from "./authorization/self-subject-rules-review.ts";
import { SubjectAccessReview } from "./authorization/subject-access-review.ts";
import { HorizontalPodAutoscaler } from "./autoscaling/horizontal-pod-autoscaler.ts";
import { CronJob } from "./batch/cron-job.ts";
import { Job } from "./batch/job.ts";
import { CertificateSigningRequest } from "./certificates/certificate-signing-request.ts";
import { Lease } from "./coordination/lease.ts";
import { Binding } from "./core/binding.ts";
import { ComponentStatus } from "./core/component-status.ts";
import { ConfigMap } from "./core/config-map.ts";
import { Endpoints } from "./core/endpoints.ts";
import { Event } from "./core/event.ts";
import { LimitRange } from "./core/limit-range.ts";
import { Namespace } from "./core/namespace.ts";
import { Node } from "./core/node.ts";
import { PersistentVolume } from "./core/persistent-volume.ts";
import { PersistentVolumeClaim } from "./core/persistent-volume-claim.ts";
import { Pod } from "./core/pod/pod.ts";
import { PodTemplate } from "./core/pod-template.ts";
import { ReplicationController } from "./core/replication-controller.ts";
import { ResourceQuota } from "./core/resource-quota.ts";
import { Secret } from "./core/secret.ts";
import { Service } from "./core/service.ts";
import { ServiceAccount } from "./core/service-account.ts";
import { EndpointSlice } from "./discovery/endpoint-slice.ts";
import { FlowSchema } from "./flowcontrol/flow-schema.ts";
import { PriorityLevelConfiguration } from "./flowcontrol/priority-level-configuration.ts";
import { Ingress } from "./networking/ingress.ts";
import { IngressClass } from "./networking/ingress-class.ts";
import { IPAddress } from "./networking/ip-address.ts";
import { NetworkPolicy } from "./networking/network-policy.ts";
import { ServiceCIDR } from "./networking/service-cidr.ts";
import { RuntimeClass } from "./node/runtime-class.ts";
import { PodDisruptionBudget } from "./policy/pod-disruption-budget.ts";
import { ClusterRole } from "./rbac/cluster-role.ts";
import { ClusterRoleBinding } from "./rbac/cluster-role-binding.ts";
import { Role } from "./rbac/role.ts";
import { RoleBinding } from "./rbac/role-binding.ts";
import { DeviceClass } from "./resource/device-class.ts";
import { ResourceClaim } from "./resource/resource-claim.ts";
import { ResourceClaimTemplate } from "./resource/resource-claim-template.ts";
import { ResourceSlice } from "./resource/resource-slice.ts";
import type { AnyResource, Face } from "./row.ts";
import { PriorityClass } from "./scheduling/priority-class.ts";
import { CSIDriver } from "./storage/csi-driver.ts";
import { CSINode } from "./storage/csi-node.ts";
import { CSIStorageCapacity } from "./storage/csi-storage-capacity.ts";
import { StorageClass } from "./storage/storage-class.ts";
import { VolumeAttachment } from "./storage/volume-attachment.ts";
import { VolumeAttributesClass } from "./storage/volume-attributes-class.ts";

export const builtInResources: readonly AnyResource[] = [
  Binding,
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolumeClaim,
  PersistentVolume,
  Pod,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  ServiceAccount,
  Service,
  APIService,
  ControllerRevision,
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
  SelfSubjectReview,
  TokenReview,
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  HorizontalPodAutoscaler,
  CronJob,
  Job,
  CertificateSigningRequest,
  IngressClass,
  Ingress,
  IPAddress,
  NetworkPolicy,
  ServiceCIDR,
  PodDisruptionBudget,
  ClusterRoleBinding,
  ClusterRole,
  RoleBinding,
  Role,
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
  CustomResourceDefinition,
  PriorityClass,
  Lease,
  RuntimeClass,
  EndpointSlice,
  DeviceClass,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceSlice,
  FlowSchema,
  PriorityLevelConfiguration,
];

/** A row together with the face under which it was asked for. */
export interface Served {
  row: AnyResource;
  face: Face;
}

function index(key: (row: AnyResource, face: Face) => string): ReadonlyMap<string, Served> {
  return new Map(builtInResources.flatMap((row) => row.faces.map((face) => [key(row, face), { row, face }] as const)));
}

const byPlural = index((row, { group, version }) => `${group}/${version}/${row.resource}`);
const byKind = index((_row, { group, version, kind }) => `${group === "" ? "" : `${group}/`}${version}/${kind}`);

/** The built-in resource that is served at `/apis/<group>/<version>/<plural>`. */
export const findResource = (group: string, version: string, plural: string): Served | undefined =>
  byPlural.get(`${group}/${version}/${plural}`);

/** The built-in resource of an object's own `apiVersion` and `kind`. */
export const findKind = (apiVersion: string, kind: string): Served | undefined => byKind.get(`${apiVersion}/${kind}`);
