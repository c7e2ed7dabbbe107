/**
 * Whether a node takes a Pod that was bound to it: a scheduler may have been wrong, or passed over. An ordered list of rules; the first
 * that refuses decides, in upstream's words.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/
 */

import type { Node } from "../../api/core/node.ts";
import { requiredAffinityMatches } from "../../api/core/node-affinity.ts";
import { amountsOf, podRequests } from "../../api/core/pod/requests.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { portMappingsOf } from "../config/sandbox.ts";
import { isOnHostNetwork, type ReadonlyPod } from "../pod/containers.ts";
import type { EndReason } from "../status/pod-status.ts";
import { forbiddenSysctl } from "./sysctls.ts";

export interface AdmissionContext {
  node: DeepReadonly<Node>;
  /** The Pods that the node has taken and that have not ended. */
  others: readonly ReadonlyPod[];
  /** The kernel confines by AppArmor. */
  appArmor: boolean;
}

type Rule = (pod: ReadonlyPod, context: AdmissionContext) => EndReason | undefined;

const predicate = (name: string, why: string): EndReason => ({ reason: name, message: `Predicate ${name} failed: ${why}` });

const sysctls: Rule = (pod) => {
  const message = forbiddenSysctl(pod);
  return message === undefined ? undefined : { reason: "SysctlForbidden", message };
};

/** Confinement that the node cannot give is refused, not left out. */
const appArmor: Rule = ({ spec }, context) => {
  if (context.appArmor) return undefined;
  const profiles = [spec, ...(spec.initContainers ?? []), ...spec.containers].map(
    ({ securityContext }) => securityContext?.appArmorProfile,
  );
  const isAsked = profiles.some((profile) => profile !== undefined && profile.type !== "Unconfined");
  return isAsked ? { reason: "AppArmor", message: "Cannot enforce AppArmor: AppArmor is not enabled on the host" } : undefined;
};

const supplementalGroups: Rule = ({ spec }, { node }) =>
  spec.securityContext?.supplementalGroupsPolicy === "Strict" && !node.status.features?.supplementalGroupsPolicy
    ? {
        reason: "SupplementalGroupsPolicyNotSupported",
        message: "SupplementalGroupsPolicy=Strict is not supported in this node",
      }
    : undefined;

const os: Rule = ({ spec }) =>
  spec.os === undefined || spec.os.name === "linux"
    ? undefined
    : { reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS" };

/** Resources that the node does not have at all are left to what provides them. */
const resources: Rule = (pod, { node, others }) => {
  const allocatable = amountsOf(node.status.allocatable);
  const used: Record<string, number> = {};
  for (const other of others) {
    const requests = podRequests(other);
    for (const name in requests) used[name] = (used[name] ?? 0) + (requests[name] ?? 0);
  }
  const short = (name: string, requested: number, already: number): EndReason | undefined => {
    const capacity = allocatable[name];
    if (capacity === undefined || requested === 0 || requested + already <= capacity) return undefined;
    return {
      reason: `OutOf${name}`,
      message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${already}, capacity: ${capacity}`,
    };
  };
  const tooMany = short("pods", 1, others.length);
  if (tooMany !== undefined) return tooMany;
  for (const [name, requested] of Object.entries(podRequests({ spec: pod.spec }))) {
    const refusal = short(name, requested, used[name] ?? 0);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};

const nodeAffinity: Rule = (pod, { node }) =>
  requiredAffinityMatches(pod.spec, { name: node.metadata.name, labels: node.metadata.labels ?? {} })
    ? undefined
    : predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");

const nodeName: Rule = (pod, { node }) =>
  pod.spec.nodeName === node.metadata.name ? undefined : predicate("NodeName", "node(s) didn't match the requested node name");

function hostPorts(pod: ReadonlyPod): { protocol: string; port: number; ip: string }[] {
  const mapped = portMappingsOf(pod).map(({ protocol, hostPort, hostIp }) => ({ protocol, port: hostPort, ip: hostIp }));
  if (!isOnHostNetwork(pod)) return mapped;
  return pod.spec.containers.flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort = 0 }) => hostPort > 0)
      .map(({ protocol = "TCP", hostPort = 0, hostIP = "" }) => ({ protocol, port: hostPort, ip: hostIP })),
  );
}

const isAny = (ip: string): boolean => ip === "" || ip === "0.0.0.0" || ip === "::";

const nodePorts: Rule = (pod, { others }) => {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return undefined;
  const taken = others.flatMap(hostPorts);
  const collides = wanted.some((a) =>
    taken.some((b) => a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || isAny(a.ip) || isAny(b.ip))),
  );
  return collides ? predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports") : undefined;
};

const taints: Rule = (pod, { node }) => {
  const isTolerated = ({ key, value, effect }: { key: string; value?: string; effect: string }): boolean =>
    (pod.spec.tolerations ?? []).some(
      (toleration) =>
        (!toleration.effect || toleration.effect === effect) &&
        (!toleration.key || toleration.key === key) &&
        (toleration.operator === "Exists" || (toleration.value ?? "") === (value ?? "")),
    );
  const refused = (node.spec.taints ?? []).some((taint) => taint.effect === "NoExecute" && !isTolerated(taint));
  return refused ? predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate") : undefined;
};

const RULES: readonly Rule[] = [sysctls, appArmor, os, supplementalGroups, resources, nodeName, nodePorts, nodeAffinity, taints];

export function admitPod(pod: ReadonlyPod, context: AdmissionContext): EndReason | undefined {
  for (const rule of RULES) {
    const refusal = rule(pod, context);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
