/** Requests and limits as the Linux kernel takes them. https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/ */
import { podLimits, podRequests } from "../../api/core/pod/requests.ts";
import { quantityMilliValue, quantityValue } from "../../api/quantity.ts";
import { effective } from "../pod/allocation.ts";
import { isSidecar, type PodContainer, type ReadonlyPod } from "../pod/containers.ts";
import type { LinuxContainerResources } from "../runtime/config.ts";
import { qosClassOf } from "./qos.ts";

const PERIOD_US = 100_000;
const LEAST_QUOTA_US = 1_000;
const LEAST_SHARES = 2;
const MOST_SHARES = 262_144;

const sharesOf = (milliCpu: number): number =>
  milliCpu === 0 ? LEAST_SHARES : Math.min(Math.max(Math.floor((milliCpu * 1024) / 1000), LEAST_SHARES), MOST_SHARES);

const quotaOf = (milliCpu: number): number =>
  milliCpu === 0 ? 0 : Math.max(Math.floor((milliCpu * PERIOD_US) / 1000), LEAST_QUOTA_US);

const memoryRequest = ({ resources }: PodContainer): number => quantityValue(resources?.requests?.memory ?? "0");

/** What the Pod asks for beyond its containers, in equal parts. */
function sharedMemory({ spec }: ReadonlyPod): number {
  if (spec.resources?.requests === undefined) return 0;
  const all = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)];
  const own = quantityValue(spec.resources.requests.memory ?? "0");
  const theirs = all.reduce((sum, container) => sum + memoryRequest(container), 0);
  return own > theirs && all.length > 0 ? Math.floor((own - theirs) / all.length) : 0;
}

/** Who the kernel ends first when memory runs out: the more a Burstable container asks for, the later; a sidecar not before the others. */
function oomScoreAdj(pod: ReadonlyPod, container: PodContainer, nodeMemoryBytes: number): number {
  if ((pod.spec.priority ?? 0) >= 2_000_000_000) return -997;
  const qos = qosClassOf(pod);
  if (qos === "Guaranteed") return -997;
  if (qos === "BestEffort") return 1000;
  const shared = sharedMemory(pod);
  const scoreOf = (bytes: number): number =>
    nodeMemoryBytes > 0 ? 1000 - Math.floor((1000 * (bytes + shared)) / nodeMemoryBytes) : 999;
  const own = scoreOf(memoryRequest(container));
  const score = isSidecar(container) ? Math.min(own, scoreOf(Math.min(...pod.spec.containers.map(memoryRequest)))) : own;
  return Math.min(Math.max(score, 3), 999);
}

/** What of the machine decides how limits are written. */
export interface Limits {
  memoryBytes: number;
  cgroupVersion: 1 | 2;
}

export function containerResources(pod: ReadonlyPod, container: PodContainer, machine: Limits): LinuxContainerResources {
  const { requests = {}, limits = {} } = effective(pod, container.resources);
  const cpuLimit = quantityMilliValue(limits.cpu ?? "0");
  const cpuRequest = requests.cpu === undefined ? cpuLimit : quantityMilliValue(requests.cpu);
  const memory = quantityValue(limits.memory ?? "0");
  return {
    cpuShares: sharesOf(cpuRequest),
    ...(cpuLimit > 0 ? { cpuPeriod: PERIOD_US, cpuQuota: quotaOf(cpuLimit) } : {}),
    // Without swap for Pods the limit of both is the limit of one.
    ...(memory > 0 ? { memoryLimitBytes: memory, memorySwapLimitBytes: memory } : {}),
    // One process out of memory ends the container as a whole; the older hierarchy cannot say so.
    ...(memory > 0 && machine.cgroupVersion === 2 ? { unified: { "memory.oom.group": "1" } } : {}),
    oomScoreAdj: oomScoreAdj(pod, container, machine.memoryBytes),
    ...hugepageLimits(container.resources?.limits ?? {}),
  };
}

function hugepageLimits(limits: Readonly<Record<string, string>>): Pick<LinuxContainerResources, "hugepageLimits"> {
  const pages = Object.keys(limits).filter((name) => name.startsWith("hugepages-"));
  if (pages.length === 0) return {};
  // The kernel's spelling: 2MB, 1GB.
  const sizeOf = (name: string): string => name.slice("hugepages-".length).replace(/i$/, "B");
  return { hugepageLimits: pages.map((name) => ({ pageSize: sizeOf(name), limitBytes: quantityValue(limits[name] ?? "0") })) };
}

/** Of the Pod as a whole, for its cgroup: limited where all of its containers are, or it is itself. */
export function podResources(pod: ReadonlyPod): LinuxContainerResources {
  const requests = podRequests({ spec: pod.spec });
  const limits = podLimits(pod);
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const isLimited = (name: string): boolean =>
    pod.spec.resources?.limits?.[name] !== undefined || all.every(({ resources }) => resources?.limits?.[name] !== undefined);
  const memory = isLimited("memory") ? (limits.memory ?? 0) : 0;
  const cpu = isLimited("cpu") ? (limits.cpu ?? 0) : 0;
  return {
    cpuShares: sharesOf(requests.cpu ?? 0),
    ...(cpu > 0 ? { cpuPeriod: PERIOD_US, cpuQuota: quotaOf(cpu) } : {}),
    ...(memory > 0 ? { memoryLimitBytes: memory } : {}),
  };
}
