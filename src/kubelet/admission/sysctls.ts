/** Kernel parameters that a Pod may set without the node's say. https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/ */
import type { ReadonlyPod } from "../pod/containers.ts";

const SAFE: readonly string[] = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
];

/** Why the Pod's parameters are refused; undefined where they are not. */
export function forbiddenSysctl({ spec }: ReadonlyPod): string | undefined {
  for (const { name } of spec.securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll("/", ".");
    if (!SAFE.includes(dotted)) return `forbidden sysctl: "${dotted}" not allowlisted`;
    if (dotted.startsWith("net.") && spec.hostNetwork) return `forbidden sysctl: "${dotted}" not allowed with host net enabled`;
    if (dotted.startsWith("kernel.") && spec.hostIPC) return `forbidden sysctl: "${dotted}" not allowed with host ipc enabled`;
  }
  return undefined;
}
