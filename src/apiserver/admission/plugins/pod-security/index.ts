/**
 * PodSecurity: refuses Pods, and warns of Pods and templates, that do not meet the level of their namespace.
 * https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
import { DaemonSet } from "../../../../api/apps/daemon-set.ts";
import { Deployment } from "../../../../api/apps/deployment.ts";
import { ReplicaSet } from "../../../../api/apps/replica-set.ts";
import { StatefulSet } from "../../../../api/apps/stateful-set.ts";
import { CronJob } from "../../../../api/batch/cron-job.ts";
import { Job } from "../../../../api/batch/job.ts";
import { Namespace } from "../../../../api/core/namespace.ts";
import { Pod } from "../../../../api/core/pod/pod.ts";
import { PodTemplate } from "../../../../api/core/pod-template.ts";
import { ReplicationController } from "../../../../api/core/replication-controller.ts";
import { invalid, type StatusCause } from "../../../../api/errors.ts";
import type { PodSpec } from "../../../../api/generated/shared.ts";
import type { KubernetesObject } from "../../../../api/meta.ts";
import type { AnyResource } from "../../../../api/row.ts";
import { report } from "../../../../api/validation-report.ts";
import { deepEqual } from "../../../../base/deep-equal.ts";
import type { DeepReadonly } from "../../../../base/readonly.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "../../plugin.ts";
import { refusal } from "../../refusal.ts";
import type { CheckedPod } from "./check.ts";
import { labelErrors, type Policy, policyOf, violations } from "./policy.ts";

interface Template {
  metadata?: { annotations?: Record<string, string> };
  spec?: PodSpec;
}

const CONTROLLERS: ReadonlySet<AnyResource> = new Set<AnyResource>([
  Deployment,
  ReplicaSet,
  ReplicationController,
  DaemonSet,
  StatefulSet,
  Job,
  CronJob,
  PodTemplate,
]);

function templateOf(row: AnyResource, object: KubernetesObject): Template | undefined {
  if (row === CronJob) return (object as CronJob).spec?.jobTemplate?.spec?.template as Template | undefined;
  if (row === PodTemplate) return (object as PodTemplate).template as Template | undefined;
  return (object as KubernetesObject & { spec?: { template?: Template } }).spec?.template;
}

const checked = ({ metadata, spec }: DeepReadonly<Template>): CheckedPod | undefined =>
  spec === undefined ? undefined : { annotations: metadata?.annotations ?? {}, spec: spec as CheckedPod["spec"] };

/** What an update of a Pod may change without being looked at again: the rest was there when the level was set. */
function isSignificant(pod: DeepReadonly<Pod>, old: DeepReadonly<Pod>): boolean {
  const looked = ({
    metadata,
    spec: { tolerations, activeDeadlineSeconds, schedulingGates, ...spec },
  }: DeepReadonly<Pod>): unknown => {
    const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => /apparmor|seccomp/.test(key));
    return [spec, annotations];
  };
  return !deepEqual(looked(pod), looked(old));
}

function policyFor(namespace: string, reader: AdmissionReader): Policy | undefined {
  const found = reader.get(Namespace, "", namespace);
  return found && policyOf(found.metadata.labels ?? {});
}

function validatePod(request: AdmissionRequest, policy: Policy): void {
  const pod = request.object as Pod;
  if (request.old !== undefined && !isSignificant(pod, request.old as DeepReadonly<Pod>)) return;
  const looked = checked(pod as unknown as Template);
  if (looked === undefined) return;
  const refused = violations(policy.enforce, looked);
  if (refused !== undefined) throw refusal(request, `violates PodSecurity ${refused}`);
  const warned = violations(policy.warn, looked);
  if (warned !== undefined) request.warn(`would violate PodSecurity ${warned}`);
}

function validateNamespace({ object }: AdmissionRequest): void {
  const { metadata } = object as Namespace;
  const causes: StatusCause[] = [];
  for (const { label, value, detail } of labelErrors(metadata.labels ?? {}))
    report(causes).at("metadata", "labels", { key: label }).invalid(value, detail);
  if (causes.length > 0) throw invalid({ group: "", kind: "Namespace" }, metadata.name, causes);
}

export const podSecurity: AdmissionPlugin = {
  name: "PodSecurity",
  handles: (operation, row, subresource) =>
    (operation === "CREATE" || operation === "UPDATE") &&
    ((row === Pod && (subresource === "" || subresource === "ephemeralcontainers")) ||
      ((row === Namespace || CONTROLLERS.has(row)) && subresource === "")),
  validate(request, { reader }) {
    if (request.row === Namespace) {
      validateNamespace(request);
      return;
    }
    const policy = policyFor(request.namespace, reader);
    if (policy === undefined || request.object === undefined) return;
    if (request.row === Pod) {
      validatePod(request, policy);
      return;
    }
    const template = templateOf(request.row, request.object);
    const looked = template && checked(template);
    const warned = looked && violations(policy.warn, looked);
    if (warned !== undefined) request.warn(`would violate PodSecurity ${warned}`);
  },
};
