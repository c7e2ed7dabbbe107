/**
 * What a kubelet says of its node. Pure.
 * https://kubernetes.io/docs/reference/node/node-status/
 */
import { conditionOf } from "../../api/conditions.ts";
import type { Node } from "../../api/core/node.ts";
import type { ContainerImage, NodeCondition, NodeStatus } from "../../api/generated/core-v1.ts";
import type { Draft } from "../../api/meta.ts";
import { formatTime } from "../../api/time.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Image } from "../runtime/images.ts";
import type { RuntimeStatus, RuntimeVersion } from "../runtime/runtime.ts";
import { KUBELET_VERSION, type NodeFacts } from "./facts.ts";

export interface NodeSituation {
  facts: NodeFacts;
  version: RuntimeVersion;
  runtime: RuntimeStatus;
  images: readonly Image[];
  nowMs: number;
}

const MOST_IMAGES = 50;

interface Verdict {
  type: string;
  status: "True" | "False";
  reason: string;
  message: string;
}

function readiness({ conditions }: RuntimeStatus): Verdict {
  const problem = (type: string, what: string): string | undefined => {
    const condition = conditionOf(conditions, type);
    if (condition?.status) return undefined;
    const { reason = "", message = "" } = condition ?? {};
    return `container runtime ${what} not ready: ${type}=false reason:${reason} message:${message}`;
  };
  const problems = [
    problem("RuntimeReady", "status check may not have completed yet"),
    problem("NetworkReady", "network"),
  ].filter((each) => each !== undefined);
  return problems.length === 0
    ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
    : {
        type: "Ready",
        status: "False",
        reason: "KubeletNotReady",
        message: problems.length === 1 ? (problems[0] ?? "") : `[${problems.join(", ")}]`,
      };
}

const PRESSURES: readonly Verdict[] = [
  {
    type: "MemoryPressure",
    status: "False",
    reason: "KubeletHasSufficientMemory",
    message: "kubelet has sufficient memory available",
  },
  { type: "DiskPressure", status: "False", reason: "KubeletHasNoDiskPressure", message: "kubelet has no disk pressure" },
  { type: "PIDPressure", status: "False", reason: "KubeletHasSufficientPID", message: "kubelet has sufficient PID available" },
];

/** In upstream's order; times of what did not change stay. */
function nodeConditions(
  runtime: RuntimeStatus,
  previous: readonly DeepReadonly<NodeCondition>[],
  nowMs: number,
): NodeCondition[] {
  const now = formatTime(nowMs);
  return [...PRESSURES, readiness(runtime)].map((verdict) => {
    const before = previous.find(({ type }) => type === verdict.type);
    return {
      ...verdict,
      lastHeartbeatTime: now,
      lastTransitionTime: before?.status === verdict.status ? before.lastTransitionTime : now,
    };
  });
}

const imagesOf = (images: readonly Image[]): ContainerImage[] =>
  images
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MOST_IMAGES)
    .map(({ repoTags, repoDigests, sizeBytes }) => ({ names: [...repoDigests, ...repoTags].slice(0, 5), sizeBytes }));

export function nodeStatus(situation: NodeSituation, previous: DeepReadonly<NodeStatus> | undefined): Omit<NodeStatus, "phase"> {
  const { facts, version, runtime, images, nowMs } = situation;
  return {
    capacity: { ...facts.capacity },
    allocatable: { ...(facts.allocatable ?? facts.capacity) },
    conditions: nodeConditions(runtime, previous?.conditions ?? [], nowMs),
    addresses: facts.addresses.map((address) => ({ ...address })),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    nodeInfo: {
      ...facts.info,
      containerRuntimeVersion: `${version.runtimeName}://${version.runtimeVersion}`,
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: "",
    },
    images: imagesOf(images),
    runtimeHandlers: runtime.runtimeHandlers.map(({ name, recursiveReadOnlyMounts, userNamespaces }) => ({
      name,
      features: { recursiveReadOnlyMounts, userNamespaces },
    })),
    features: { supplementalGroupsPolicy: runtime.features?.supplementalGroupsPolicy ?? false },
  };
}

export function nodeLabels(name: string, { info, labels }: NodeFacts): Record<string, string> {
  const { architecture, operatingSystem } = info;
  return {
    "beta.kubernetes.io/arch": architecture,
    "beta.kubernetes.io/os": operatingSystem,
    "kubernetes.io/arch": architecture,
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": operatingSystem,
    ...labels,
  };
}

export const newNode = (name: string, situation: NodeSituation): Draft<Node> => ({
  metadata: {
    name,
    labels: nodeLabels(name, situation.facts),
    annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
  },
  spec: situation.facts.taints === undefined ? {} : { taints: situation.facts.taints.map((taint) => ({ ...taint })) },
  status: nodeStatus(situation, undefined),
});
