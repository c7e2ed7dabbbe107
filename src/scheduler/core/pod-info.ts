/**
 * A Pod as the scheduler counts it: prepared once when it is first seen, then only read.
 */
import { podRequests } from "../../api/core/pod/requests.ts";
import type { Pod } from "../../api/generated/core-v1.ts";
import type { Container } from "../../api/generated/shared.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { ResourceNames } from "./resource-names.ts";

export interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

export interface PodInfo {
  readonly pod: DeepReadonly<Pod>;
  readonly uid: string;
  /** namespace/name */
  readonly key: string;
  readonly priority: number;
  /** What it asks for, as pairs of a resource's column and an amount (cpu in thousandths, the rest in units). Amounts of 0 are left out. */
  readonly requests: readonly (readonly [column: number, amount: number])[];
  /** For scores: a Pod that asks for nothing still weighs something. */
  readonly scoredMilliCpu: number;
  readonly scoredMemoryBytes: number;
  readonly hostPorts: readonly HostPort[];
}

/** What a container without requests counts as in scores. */
const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024;

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

export function podInfo(pod: DeepReadonly<Pod>, resources: ResourceNames): PodInfo {
  const requests = podRequests(pod);
  const scored = podRequests(pod, { cpu: DEFAULT_MILLI_CPU, memory: DEFAULT_MEMORY_BYTES });
  return {
    pod,
    uid: pod.metadata.uid,
    key: `${pod.metadata.namespace}/${pod.metadata.name}`,
    priority: pod.spec.priority ?? 0,
    requests: Object.entries(requests)
      .filter(([, amount]) => amount > 0)
      .map(([name, amount]) => [resources.column(name), amount] as const),
    scoredMilliCpu: scored.cpu ?? 0,
    scoredMemoryBytes: scored.memory ?? 0,
    hostPorts: hostPortsOf(pod),
  };
}
