/** The runtime's configuration of a Pod's sandbox. Pure. */
import type { DnsConfig } from "../environment/dns.ts";
import { allContainers, isOnHostNetwork, type ReadonlyPod } from "../pod/containers.ts";
import { LABELS } from "../pod/runtime-pod.ts";
import type { PodSandboxConfig, PortMapping } from "../runtime/config.ts";
import { cgroupParentOf } from "./qos.ts";
import { podResources } from "./resources.ts";
import { sandboxSecurity } from "./security.ts";

/** Where the logs of a Pod's containers are, as log collectors know it. */
export const logDirectoryOf = (pod: ReadonlyPod, root: string): string =>
  `${root}/${pod.metadata.namespace}_${pod.metadata.name}_${pod.metadata.uid}`;

export function portMappingsOf(pod: ReadonlyPod): PortMapping[] {
  if (isOnHostNetwork(pod)) return [];
  return allContainers(pod).flatMap(({ container }) =>
    (container.ports ?? [])
      .filter(({ hostPort = 0 }) => hostPort > 0)
      .map(({ protocol = "TCP", containerPort, hostPort = 0, hostIP = "" }) => ({
        protocol,
        containerPort,
        hostPort,
        hostIp: hostIP,
      })),
  );
}

export interface SandboxConfigOptions {
  pod: ReadonlyPod;
  attempt: number;
  hostname: string;
  dns: DnsConfig;
  logRoot: string;
  cgroupRoot: string;
  seenAt: string;
}

export function sandboxConfig({
  pod,
  attempt,
  hostname,
  dns,
  logRoot,
  cgroupRoot,
  seenAt,
}: SandboxConfigOptions): PodSandboxConfig {
  const { name, namespace, uid, labels, annotations } = pod.metadata;
  const sysctls = Object.fromEntries((pod.spec.securityContext?.sysctls ?? []).map(({ name: key, value }) => [key, value]));
  return {
    metadata: { name, namespace, uid, attempt },
    hostname,
    logDirectory: logDirectoryOf(pod, logRoot),
    dns,
    portMappings: portMappingsOf(pod),
    labels: { ...labels, [LABELS.podName]: name, [LABELS.podNamespace]: namespace, [LABELS.podUid]: uid },
    annotations: { ...annotations, "kubernetes.io/config.seen": seenAt, "kubernetes.io/config.source": "api" },
    linux: {
      cgroupParent: cgroupParentOf(pod, cgroupRoot),
      sysctls,
      resources: podResources(pod),
      securityContext: sandboxSecurity(pod),
    },
  };
}
