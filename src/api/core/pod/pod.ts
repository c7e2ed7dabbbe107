/**
 * v1 Pod: the smallest thing that runs, a group of containers that share network and volumes.
 * https://kubernetes.io/docs/concepts/workloads/pods/
 */

import { cloneJson } from "../../../base/clone.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import { isConditionTrue } from "../../conditions.ts";
import type * as generated from "../../generated/core-v1.ts";
import { numberOf } from "../../integer.ts";
import { resource } from "../../resource.ts";
import type { Resource, Strategy } from "../../row.ts";
import { podCells } from "./columns.ts";
import { defaultPod } from "./defaults.ts";
import { qosClassOf } from "./qos.ts";
import {
  validateEphemeralUpdate,
  validateNewPod,
  validatePodSpec,
  validatePodStatus,
  validatePodUpdate,
  validateResize,
} from "./validation/index.ts";
import { podWarnings } from "./warnings.ts";

export type Pod = generated.Pod;

/** True where the condition Ready holds. */
export const isReady = ({ status }: DeepReadonly<Pod>): boolean => isConditionTrue(status.conditions, "Ready");

/** What a Pod's status is before anybody has written it. */
function initialStatus(pod: DeepReadonly<Pod>): Pod["status"] {
  const gated = (pod.spec.schedulingGates?.length ?? 0) > 0;
  return {
    phase: "Pending",
    qosClass: qosClassOf(pod.spec),
    ...(gated ? { conditions: [gatedCondition(pod)] } : {}),
  };
}

const gatedCondition = ({ metadata }: DeepReadonly<Pod>): NonNullable<Pod["status"]["conditions"]>[number] =>
  ({
    type: "PodScheduled",
    status: "False",
    reason: "SchedulingGated",
    message: "Scheduling is blocked due to non-empty scheduling gates",
    lastProbeTime: null,
    lastTransitionTime: metadata.creationTimestamp ?? null,
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
  }) as unknown as NonNullable<Pod["status"]["conditions"]>[number];

/** Of what was sent, the resources of the Pod, and those of containers with their policy, count; whatever else it says is as it was. */
function resized(sent: DeepReadonly<Pod["spec"]>, previous: DeepReadonly<Pod["spec"]>): Pod["spec"] {
  const spec = cloneJson<Pod["spec"]>(previous);
  for (const list of ["containers", "initContainers"] as const)
    spec[list]?.forEach((container, index) => {
      const wanted = sent[list]?.[index];
      if (wanted?.name !== container.name) return;
      container.resources = cloneJson<typeof container.resources>(wanted.resources);
      if (wanted.resizePolicy === undefined) delete container.resizePolicy;
      else container.resizePolicy = cloneJson<NonNullable<typeof container.resizePolicy>>(wanted.resizePolicy);
    });
  if (sent.resources === undefined) delete spec.resources;
  else spec.resources = cloneJson<NonNullable<typeof spec.resources>>(sent.resources);
  return spec;
}

const strategy: Strategy<Pod> = {
  columns: podCells,
  hasGeneration: true,
  unconditionalUpdate: true,
  warnings: podWarnings,
  default: ({ spec }) => defaultPod(spec),

  prepareForCreate(pod) {
    // Whoever asks for less than nothing gets the least.
    if (numberOf(pod.spec.terminationGracePeriodSeconds) < 0) pod.spec.terminationGracePeriodSeconds = 1;
    pod.status = initialStatus(pod);
  },

  prepareForUpdate(pod, previous) {
    pod.status = cloneJson(previous.status) as Pod["status"];
  },

  validate(pod, previous, report) {
    if (previous === undefined) return validateNewPod(pod, report);
    validatePodSpec(pod.spec, report.at("spec"));
    validatePodUpdate(pod, previous, report);
  },

  prepareSubresource: {
    status(pod, previous) {
      // Old kubelets wrote owners that they had not understood.
      const owners = previous.metadata.ownerReferences;
      if (owners) pod.metadata.ownerReferences = cloneJson(owners) as NonNullable<typeof pod.metadata.ownerReferences>;
      else delete pod.metadata.ownerReferences;
      pod.spec = cloneJson(previous.spec) as Pod["spec"];
      // The quality of service is decided once.
      const { qosClass } = previous.status;
      if (qosClass !== undefined) pod.status.qosClass ??= qosClass;
    },
    ephemeralcontainers(pod, previous) {
      const { ephemeralContainers } = pod.spec;
      pod.spec = cloneJson(previous.spec) as Pod["spec"];
      pod.status = cloneJson(previous.status) as Pod["status"];
      // Those that are there must stay: validation says so.
      if (ephemeralContainers) pod.spec.ephemeralContainers = ephemeralContainers;
      else delete pod.spec.ephemeralContainers;
    },
    resize(pod, previous) {
      pod.spec = resized(pod.spec, previous.spec);
      pod.status = cloneJson(previous.status) as Pod["status"];
    },
  },

  validateSubresource: {
    status: validatePodStatus,
    ephemeralcontainers: validateEphemeralUpdate,
    resize: validateResize,
  },

  selectableFields: ({ spec, status }) => ({
    "spec.nodeName": spec.nodeName ?? "",
    "spec.restartPolicy": spec.restartPolicy,
    "spec.schedulerName": spec.schedulerName,
    "spec.serviceAccountName": spec.serviceAccountName ?? "",
    "spec.hostNetwork": String(spec.hostNetwork ?? false),
    "status.phase": status.phase ?? "",
    "status.podIP": status.podIP ?? status.podIPs?.[0]?.ip ?? "",
    "status.nominatedNodeName": status.nominatedNodeName ?? "",
  }),

  /** A Pod that has not been bound, or has ended, has nobody to wait for. */
  gracePeriodSeconds({ spec, status }, asked) {
    if (!spec.nodeName || status.phase === "Succeeded" || status.phase === "Failed") return 0;
    const seconds = numberOf(asked ?? spec.terminationGracePeriodSeconds);
    return seconds < 0 ? 1 : seconds;
  },
};

export const Pod: Resource<Pod> = resource({ group: "", resource: "pods" }, strategy);
