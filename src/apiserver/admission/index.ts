/**
 * The admission plugins, in upstream's order. A new one is a file in plugins/ and a line here; mutating parts run first, in this
 * order, then validating ones. AtomicPods alone is Timonier's own.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
import { type EscalationOptions, rbacEscalation } from "../authz/escalation.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { atomicPods } from "./plugins/atomic-pods.ts";
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from "./plugins/certificates.ts";
import { defaultIngressClass } from "./plugins/default-ingress-class.ts";
import { defaultStorageClass } from "./plugins/default-storage-class.ts";
import { defaultTolerationSeconds } from "./plugins/default-toleration-seconds.ts";
import { limitRanger } from "./plugins/limit-ranger.ts";
import { namespaceLifecycle } from "./plugins/namespace-lifecycle.ts";
import { nodeRestriction } from "./plugins/node-restriction.ts";
import { persistentVolumeClaimResize } from "./plugins/persistent-volume-claim-resize.ts";
import { podSecurity } from "./plugins/pod-security/index.ts";
import { priority } from "./plugins/priority.ts";
import { resourceQuota } from "./plugins/resource-quota.ts";
import { runtimeClass } from "./plugins/runtime-class.ts";
import { serviceAccount } from "./plugins/service-account.ts";
import { storageObjectInUseProtection } from "./plugins/storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./plugins/taint-nodes-by-condition.ts";

export type AdmissionPluginOptions = EscalationOptions;

export const admissionPlugins = (options: AdmissionPluginOptions): AdmissionPlugin[] => [
  rbacEscalation(options),
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  taintNodesByCondition,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageObjectInUseProtection,
  persistentVolumeClaimResize,
  runtimeClass,
  atomicPods,
  certificateApproval(options.authorizers),
  certificateSigning(options.authorizers),
  certificateSubjectRestriction,
  defaultIngressClass,
  resourceQuota,
];
