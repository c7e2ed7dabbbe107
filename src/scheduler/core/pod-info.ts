/**
 * A Pod as the scheduler counts it: prepared once when it is first seen, then only read.
 */
import { type Amounts, podRequests } from "../../api/core/pod/requests.ts";
import type { Pod } from "../../api/generated/core-v1.ts";
import type { Container } from "../../api/generated/shared.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type PodTerms, podTerms } from "./pod-terms.ts";
import { type ClaimReference, claimReferences, type Disk, podDisks } from "./pod-volumes.ts";
import type { ResourceNames } from "./resource-names.ts";

export interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

export interface CpuAndMemory {
  milliCpu: number;
  memoryBytes: number;
}

export interface PodInfo {
  readonly pod: DeepReadonly<Pod>;
  readonly uid: string;
  /** namespace/name */
  readonly key: string;
  readonly priority: number;
  /** What it asks for, as pairs of a resource's column and an amount (cpu in thousandths, the rest in units). Amounts of 0 are left out. */
  readonly requests: readonly (readonly [column: number, amount: number])[];
  /**
   * For scores: a container that asks for nothing still weighs something. `scored` is what the Pod counts as once it is on a node,
   * `incoming` while a node is sought: then, as upstream, what the Pod itself asks for is left aside.
   */
  readonly scored: CpuAndMemory;
  readonly incoming: CpuAndMemory;
  readonly hostPorts: readonly HostPort[];
  readonly claims: readonly ClaimReference[];
  readonly disks: readonly Disk[];
  /** Its wishes about other Pods. */
  readonly terms: PodTerms | undefined;
  /** Equal for Pods that no selector and no term can tell apart. */
  readonly groupKey: string;
  /** It is being deleted; `preempted`: by this scheduler, to make room. */
  readonly terminating: boolean;
  readonly preempted: boolean;
  /** When it started to run; that of a Pod that has not is later than any other. */
  readonly startedMs: number;
}

/** What a container without requests counts as in scores. */
const MISSING: Readonly<Amounts> = { cpu: 100, memory: 200 * 1024 * 1024 };

const cpuAndMemory = ({ cpu = 0, memory = 0 }: Readonly<Amounts>): CpuAndMemory => ({ milliCpu: cpu, memoryBytes: memory });

type Ported = Pick<Container, "ports" | "restartPolicy">;

function hostPortsOf(pod: DeepReadonly<Pod>): HostPort[] {
  // Init containers that end take no port for the Pod's life; sidecars do.
  const containers: DeepReadonly<Ported>[] = [
    ...(pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always"),
    ...pod.spec.containers,
  ];
  return containers.flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
      .map(({ hostIP, protocol, hostPort = 0 }) => ({ ip: hostIP || "0.0.0.0", protocol: protocol || "TCP", port: hostPort })),
  );
}

function groupKeyOf({ metadata, spec }: DeepReadonly<Pod>, terms: PodTerms | undefined): string {
  const labels = metadata.labels ? JSON.stringify(metadata.labels) : "{}";
  const { podAffinity, podAntiAffinity } = (terms && spec.affinity) ?? {};
  const affinity = terms ? JSON.stringify([podAffinity, podAntiAffinity]) : "";
  return `${metadata.namespace}/${metadata.deletionTimestamp ? "-" : "+"}${labels}${affinity}`;
}

const isPreempted = ({ metadata, status }: DeepReadonly<Pod>): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (status.conditions ?? []).some(
    ({ type, status, reason }) => type === "DisruptionTarget" && status === "True" && reason === "PreemptionByScheduler",
  );

export function podInfo(pod: DeepReadonly<Pod>, resources: ResourceNames): PodInfo {
  const requests = podRequests(pod);
  const terms = podTerms(pod);
  return {
    pod,
    uid: pod.metadata.uid,
    key: `${pod.metadata.namespace}/${pod.metadata.name}`,
    priority: pod.spec.priority ?? 0,
    requests: Object.entries(requests)
      .filter(([, amount]) => amount > 0)
      .map(([name, amount]) => [resources.column(name), amount] as const),
    scored: cpuAndMemory(podRequests(pod, { missing: MISSING })),
    incoming: cpuAndMemory(podRequests(pod, { missing: MISSING, containersOnly: true })),
    hostPorts: hostPortsOf(pod),
    claims: claimReferences(pod),
    disks: podDisks(pod),
    terms,
    groupKey: groupKeyOf(pod, terms),
    terminating: pod.metadata.deletionTimestamp !== undefined,
    preempted: isPreempted(pod),
    startedMs: pod.status.startTime === undefined ? Number.POSITIVE_INFINITY : Date.parse(pod.status.startTime),
  };
}

/** For a Pod on a node: keeps of the object only what is still looked at, so that a large cluster's Pods are not kept alive whole. */
export function withoutUnread(info: PodInfo): PodInfo {
  const { metadata, spec } = info.pod;
  const { name, namespace, uid, labels, creationTimestamp, generation } = metadata;
  return {
    ...info,
    pod: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name,
        uid,
        resourceVersion: "",
        creationTimestamp,
        namespace: namespace ?? "",
        ...(labels === undefined ? {} : { labels }),
        ...(generation === undefined ? {} : { generation }),
      },
      spec: {
        containers: [],
        restartPolicy: spec.restartPolicy,
        dnsPolicy: spec.dnsPolicy,
        schedulerName: spec.schedulerName,
        terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds,
      },
      status: {},
    },
  };
}
