/** What sandboxes and containers are made from: the CRI's PodSandboxConfig and ContainerConfig, Linux only. */
import type { ContainerMetadata, PodSandboxMetadata } from "./runtime.ts";

export interface PodSandboxConfig {
  metadata: PodSandboxMetadata;
  hostname: string;
  /** Directory for the containers' logs; a container's `logPath` is relative to it. */
  logDirectory: string;
  dns?: { servers: readonly string[]; searches: readonly string[]; options: readonly string[] };
  portMappings: readonly PortMapping[];
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  linux: LinuxPodSandboxConfig;
}

export interface PortMapping {
  protocol: "TCP" | "UDP" | "SCTP";
  containerPort: number;
  hostPort: number;
  hostIp: string;
}

export interface LinuxPodSandboxConfig {
  cgroupParent: string;
  sysctls: Readonly<Record<string, string>>;
  /** Sum over the containers, where known. */
  resources?: LinuxContainerResources;
  overhead?: LinuxContainerResources;
  securityContext: LinuxSandboxSecurityContext;
}

/** Pod: shared in the Pod. Container: its own. Node: the host's. Target: that of the container `targetId`. */
export type NamespaceMode = "Pod" | "Container" | "Node" | "Target";

export interface NamespaceOptions {
  network: NamespaceMode;
  pid: NamespaceMode;
  ipc: NamespaceMode;
  targetId?: string;
  userNamespace?: { mode: NamespaceMode; uids: readonly IdMapping[]; gids: readonly IdMapping[] };
}

export interface IdMapping {
  hostId: number;
  containerId: number;
  length: number;
}

export interface SecurityProfile {
  type: "RuntimeDefault" | "Unconfined" | "Localhost";
  localhostRef: string;
}

export interface SELinuxOptions {
  user: string;
  role: string;
  type: string;
  level: string;
}

export interface LinuxSandboxSecurityContext {
  namespaces: NamespaceOptions;
  selinux?: SELinuxOptions;
  runAsUser?: number;
  runAsGroup?: number;
  readonlyRootfs: boolean;
  supplementalGroups: readonly number[];
  supplementalGroupsPolicy: "Merge" | "Strict";
  privileged: boolean;
  seccomp?: SecurityProfile;
  apparmor?: SecurityProfile;
}

export interface LinuxContainerSecurityContext extends LinuxSandboxSecurityContext {
  capabilities: { add: readonly string[]; drop: readonly string[] };
  runAsUsername?: string;
  noNewPrivileges: boolean;
  maskedPaths: readonly string[];
  readonlyPaths: readonly string[];
}

/** 0 or absent: not limited. */
export interface LinuxContainerResources {
  cpuPeriod?: number;
  cpuQuota?: number;
  cpuShares?: number;
  memoryLimitBytes?: number;
  memorySwapLimitBytes?: number;
  oomScoreAdj?: number;
  cpusetCpus?: string;
  cpusetMems?: string;
  hugepageLimits?: readonly { pageSize: string; limitBytes: number }[];
  /** Cgroup v2 settings by file name: memory.min, memory.high, memory.oom.group. */
  unified?: Readonly<Record<string, string>>;
}

export interface ContainerConfig {
  metadata: ContainerMetadata;
  image: { image: string; userSpecifiedImage: string };
  /** Instead of the image's entrypoint; empty: the image's. */
  command: readonly string[];
  /** Instead of the image's arguments. */
  args: readonly string[];
  workingDir: string;
  envs: readonly { key: string; value: string }[];
  mounts: readonly Mount[];
  devices: readonly { containerPath: string; hostPath: string; permissions: string }[];
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Relative to the sandbox's log directory. */
  logPath: string;
  stdin: boolean;
  stdinOnce: boolean;
  tty: boolean;
  /** SIGTERM, or the image's, where absent. */
  stopSignal?: string;
  linux: { resources: LinuxContainerResources; securityContext: LinuxContainerSecurityContext };
}

export interface Mount {
  containerPath: string;
  hostPath: string;
  readonly: boolean;
  recursiveReadOnly: boolean;
  selinuxRelabel: boolean;
  propagation: "Private" | "HostToContainer" | "Bidirectional";
  /** Instead of `hostPath`: the root of an image (KEP-4639). */
  image?: { image: string; subPath: string };
}
