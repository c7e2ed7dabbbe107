/**
 * Field errors of Pods and Pod templates, beyond types. Each file of this folder looks at one side of a Pod.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
 */

import type { DeepReadonly } from "../../../../base/readonly.ts";
import { ipErrors } from "../../../addresses.ts";
import type { Pod } from "../../../generated/core-v1.ts";
import type { PodSpec, PodTemplateSpec } from "../../../generated/shared.ts";
import { numberOf } from "../../../integer.ts";
import { dnsSubdomainErrors, labelValueErrors, qualifiedNameErrors } from "../../../names.ts";
import type { Report } from "../../../validation-report.ts";
import { validateContainers } from "./containers.ts";
import { validateNetwork } from "./network.ts";
import { validateResources } from "./resources.ts";
import { validateScheduling } from "./scheduling.ts";
import { validatePodSecurityContext } from "./security.ts";
import { validateVolumes } from "./volumes.ts";

export { validateEphemeralUpdate, validatePodUpdate, validateResize } from "./update.ts";

const RESTART_POLICIES = ["Always", "OnFailure", "Never"];
const PREEMPTION_POLICIES = ["Never", "PreemptLowerPriority"];
const MAX_DEADLINE_SECONDS = 2_147_483_647;

export function validatePodSpec(spec: DeepReadonly<PodSpec>, report: Report): void {
  validateVolumes(spec.volumes, report.at("volumes"));
  validateContainers(spec, report);
  if (!RESTART_POLICIES.includes(spec.restartPolicy))
    report.at("restartPolicy").notSupported(spec.restartPolicy, RESTART_POLICIES);
  validateNetwork(spec, report);
  validateScheduling(spec, report);
  validatePodSecurityContext(
    spec.securityContext,
    spec.hostNetwork === true,
    spec.hostIPC === true,
    report.at("securityContext"),
  );
  validateResources(spec.resources, report.at("resources"), { podLevel: true });
  const deadline = spec.activeDeadlineSeconds;
  const seconds = numberOf(deadline) ?? 1;
  if (seconds < 1 || seconds > MAX_DEADLINE_SECONDS) {
    report.at("activeDeadlineSeconds").invalid(deadline, `must be between 1 and ${MAX_DEADLINE_SECONDS}, inclusive`);
  }
  for (const field of ["serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"] as const) {
    const name = spec[field];
    for (const complaint of name ? dnsSubdomainErrors(name) : []) report.at(field).invalid(name, complaint);
  }
  const { preemptionPolicy, shareProcessNamespace, hostPID } = spec;
  if (preemptionPolicy && !PREEMPTION_POLICIES.includes(preemptionPolicy))
    report.at("preemptionPolicy").notSupported(preemptionPolicy, PREEMPTION_POLICIES);
  if (shareProcessNamespace && hostPID)
    report
      .at("securityContext", "shareProcessNamespace")
      .invalid(true, "ShareProcessNamespace and HostPID cannot both be enabled");
}

export function validatePodTemplate(template: DeepReadonly<PodTemplateSpec>, report: Report): void {
  for (const [key, value] of Object.entries(template.metadata?.labels ?? {})) {
    for (const complaint of qualifiedNameErrors(key)) report.at("labels").invalid(key, complaint);
    for (const complaint of labelValueErrors(value)) report.at("labels").invalid(value, complaint);
  }
  for (const key of Object.keys(template.metadata?.annotations ?? {})) {
    for (const complaint of qualifiedNameErrors(key.toLowerCase())) report.at("annotations").invalid(key, complaint);
  }
  if (template.spec) {
    validatePodSpec(template.spec, report.at("spec"));
    if (template.spec.ephemeralContainers?.length)
      report.at("spec", "ephemeralContainers").forbidden("ephemeral containers not allowed in pod template");
  }
}

export function validateNewPod(pod: DeepReadonly<Pod>, report: Report): void {
  validatePodSpec(pod.spec, report.at("spec"));
  if (pod.spec.ephemeralContainers?.length) report.at("spec", "ephemeralContainers").forbidden("cannot be set on create");
}

export function validatePodStatus(pod: DeepReadonly<Pod>, previous: DeepReadonly<Pod>, report: Report): void {
  const status = report.at("status");
  const { podIP, podIPs = [], nominatedNodeName } = pod.status;
  for (const complaint of nominatedNodeName ? dnsSubdomainErrors(nominatedNodeName) : [])
    status.at("nominatedNodeName").invalid(nominatedNodeName, complaint);
  podIPs.forEach(({ ip }, index) => {
    for (const complaint of ipErrors(ip)) status.at("podIPs", index).invalid(ip, complaint);
  });
  if (podIP && podIPs.length > 0 && podIPs[0]?.ip !== podIP) status.at("podIP").invalid(podIP, "must be the first of podIPs");
  if (pod.spec.nodeName !== previous.spec.nodeName) report.at("spec", "nodeName").forbidden("may not be changed directly");
}
