/**
 * The messages of CRI v1 that Timonier speaks: names and field numbers. What it never reads or sends is left out; a runtime's
 * other fields are skipped when decoding.
 *
 * Times are nanoseconds since the epoch. Enums are numbers, named beside their message.
 *
 * https://kubernetes.io/docs/concepts/containers/cri/
 */
import { bool, bytes, integer, integers, many, map, message, one, string, strings } from "./protobuf.ts";

const Int64Value = message({ value: integer(1) });
export const UInt64Value = message({ value: integer(1) });
const KeyValue = message({ key: string(1), value: bytes(2) });

// Images

export const ImageSpec = message({
  image: string(1),
  annotations: map(2),
  userSpecifiedImage: string(18),
  runtimeHandler: string(19),
  imageRef: string(20),
});
export const Image = message({
  id: string(1),
  repoTags: strings(2),
  repoDigests: strings(3),
  size: integer(4),
  uid: one(5, () => Int64Value),
  username: string(6),
  spec: one(7, () => ImageSpec),
  pinned: bool(8),
});
export const AuthConfig = message({
  username: string(1),
  password: string(2),
  auth: string(3),
  serverAddress: string(4),
  identityToken: string(5),
  registryToken: string(6),
});
const FilesystemIdentifier = message({ mountpoint: string(1) });
export const FilesystemUsage = message({
  timestamp: integer(1),
  fsId: one(2, () => FilesystemIdentifier),
  usedBytes: one(3, () => UInt64Value),
  inodesUsed: one(4, () => UInt64Value),
});

// What Pods and containers share

/** NamespaceMode: POD 0, CONTAINER 1, NODE 2, TARGET 3. */
const IDMapping = message({ hostId: integer(1), containerId: integer(2), length: integer(3) });
const UserNamespace = message({ mode: integer(1), uids: many(2, () => IDMapping), gids: many(3, () => IDMapping) });
export const NamespaceOption = message({
  network: integer(1),
  pid: integer(2),
  ipc: integer(3),
  targetId: string(4),
  usernsOptions: one(5, () => UserNamespace),
});
/** profileType: RuntimeDefault 0, Unconfined 1, Localhost 2. */
export const SecurityProfile = message({ profileType: integer(1), localhostRef: string(2) });
export const SELinuxOption = message({ user: string(1), role: string(2), type: string(3), level: string(4) });
const HugepageLimit = message({ pageSize: string(1), limit: integer(2) });
export const LinuxContainerResources = message({
  cpuPeriod: integer(1),
  cpuQuota: integer(2),
  cpuShares: integer(3),
  memoryLimitInBytes: integer(4),
  oomScoreAdj: integer(5),
  cpusetCpus: string(6),
  cpusetMems: string(7),
  hugepageLimits: many(8, () => HugepageLimit),
  unified: map(9),
  memorySwapLimitInBytes: integer(10),
});

// Pod sandboxes

export const DNSConfig = message({ servers: strings(1), searches: strings(2), options: strings(3) });
/** protocol: TCP 0, UDP 1, SCTP 2. */
export const PortMapping = message({ protocol: integer(1), containerPort: integer(2), hostPort: integer(3), hostIp: string(4) });
export const LinuxSandboxSecurityContext = message({
  namespaceOptions: one(1, () => NamespaceOption),
  selinuxOptions: one(2, () => SELinuxOption),
  runAsUser: one(3, () => Int64Value),
  readonlyRootfs: bool(4),
  supplementalGroups: integers(5),
  privileged: bool(6),
  runAsGroup: one(8, () => Int64Value),
  seccomp: one(9, () => SecurityProfile),
  apparmor: one(10, () => SecurityProfile),
  supplementalGroupsPolicy: integer(11),
});
export const LinuxPodSandboxConfig = message({
  cgroupParent: string(1),
  securityContext: one(2, () => LinuxSandboxSecurityContext),
  sysctls: map(3),
  overhead: one(4, () => LinuxContainerResources),
  resources: one(5, () => LinuxContainerResources),
});
export const PodSandboxMetadata = message({ name: string(1), uid: string(2), namespace: string(3), attempt: integer(4) });
export const PodSandboxConfig = message({
  metadata: one(1, () => PodSandboxMetadata),
  hostname: string(2),
  logDirectory: string(3),
  dnsConfig: one(4, () => DNSConfig),
  portMappings: many(5, () => PortMapping),
  labels: map(6),
  annotations: map(7),
  linux: one(8, () => LinuxPodSandboxConfig),
});
const PodIP = message({ ip: string(1) });
const PodSandboxNetworkStatus = message({ ip: string(1), additionalIps: many(2, () => PodIP) });
const Namespace = message({ options: one(2, () => NamespaceOption) });
const LinuxPodSandboxStatus = message({ namespaces: one(1, () => Namespace) });
/** state: SANDBOX_READY 0, SANDBOX_NOTREADY 1. */
export const PodSandboxStatus = message({
  id: string(1),
  metadata: one(2, () => PodSandboxMetadata),
  state: integer(3),
  createdAt: integer(4),
  network: one(5, () => PodSandboxNetworkStatus),
  linux: one(6, () => LinuxPodSandboxStatus),
  labels: map(7),
  annotations: map(8),
  runtimeHandler: string(9),
});
const PodSandboxStateValue = message({ state: integer(1) });
export const PodSandboxFilter = message({ id: string(1), state: one(2, () => PodSandboxStateValue), labelSelector: map(3) });
export const PodSandbox = message({
  id: string(1),
  metadata: one(2, () => PodSandboxMetadata),
  state: integer(3),
  createdAt: integer(4),
  labels: map(5),
  annotations: map(6),
  runtimeHandler: string(7),
});

// Containers

/** propagation: PRIVATE 0, HOST_TO_CONTAINER 1, BIDIRECTIONAL 2. */
export const Mount = message({
  containerPath: string(1),
  hostPath: string(2),
  readonly: bool(3),
  selinuxRelabel: bool(4),
  propagation: integer(5),
  uidMappings: many(6, () => IDMapping),
  gidMappings: many(7, () => IDMapping),
  recursiveReadOnly: bool(8),
  image: one(9, () => ImageSpec),
  imageSubPath: string(10),
});
export const Capability = message({
  addCapabilities: strings(1),
  dropCapabilities: strings(2),
  addAmbientCapabilities: strings(3),
});
export const LinuxContainerSecurityContext = message({
  capabilities: one(1, () => Capability),
  privileged: bool(2),
  namespaceOptions: one(3, () => NamespaceOption),
  selinuxOptions: one(4, () => SELinuxOption),
  runAsUser: one(5, () => Int64Value),
  runAsUsername: string(6),
  readonlyRootfs: bool(7),
  supplementalGroups: integers(8),
  noNewPrivs: bool(11),
  runAsGroup: one(12, () => Int64Value),
  maskedPaths: strings(13),
  readonlyPaths: strings(14),
  seccomp: one(15, () => SecurityProfile),
  apparmor: one(16, () => SecurityProfile),
  supplementalGroupsPolicy: integer(17),
});
export const LinuxContainerConfig = message({
  resources: one(1, () => LinuxContainerResources),
  securityContext: one(2, () => LinuxContainerSecurityContext),
});
export const ContainerMetadata = message({ name: string(1), attempt: integer(2) });
export const Device = message({ containerPath: string(1), hostPath: string(2), permissions: string(3) });
const CDIDevice = message({ name: string(1) });
export const ContainerConfig = message({
  metadata: one(1, () => ContainerMetadata),
  image: one(2, () => ImageSpec),
  command: strings(3),
  args: strings(4),
  workingDir: string(5),
  envs: many(6, () => KeyValue),
  mounts: many(7, () => Mount),
  devices: many(8, () => Device),
  labels: map(9),
  annotations: map(10),
  logPath: string(11),
  stdin: bool(12),
  stdinOnce: bool(13),
  tty: bool(14),
  linux: one(15, () => LinuxContainerConfig),
  cdiDevices: many(17, () => CDIDevice),
  stopSignal: integer(18),
});
/** state: CREATED 0, RUNNING 1, EXITED 2, UNKNOWN 3. */
const ContainerStateValue = message({ state: integer(1) });
export const ContainerFilter = message({
  id: string(1),
  state: one(2, () => ContainerStateValue),
  podSandboxId: string(3),
  labelSelector: map(4),
});
export const Container = message({
  id: string(1),
  podSandboxId: string(2),
  metadata: one(3, () => ContainerMetadata),
  image: one(4, () => ImageSpec),
  imageRef: string(5),
  state: integer(6),
  createdAt: integer(7),
  labels: map(8),
  annotations: map(9),
  imageId: string(10),
});
const ContainerResources = message({ linux: one(1, () => LinuxContainerResources) });
const LinuxContainerUser = message({ uid: integer(1), gid: integer(2), supplementalGroups: integers(3) });
const ContainerUser = message({ linux: one(1, () => LinuxContainerUser) });
export const ContainerStatus = message({
  id: string(1),
  metadata: one(2, () => ContainerMetadata),
  state: integer(3),
  createdAt: integer(4),
  startedAt: integer(5),
  finishedAt: integer(6),
  exitCode: integer(7),
  image: one(8, () => ImageSpec),
  imageRef: string(9),
  reason: string(10),
  message: string(11),
  labels: map(12),
  annotations: map(13),
  mounts: many(14, () => Mount),
  logPath: string(15),
  resources: one(16, () => ContainerResources),
  imageId: string(17),
  user: one(18, () => ContainerUser),
});

// Statistics

const CpuUsage = message({
  timestamp: integer(1),
  usageCoreNanoSeconds: one(2, () => UInt64Value),
  usageNanoCores: one(3, () => UInt64Value),
});
const MemoryUsage = message({
  timestamp: integer(1),
  workingSetBytes: one(2, () => UInt64Value),
  availableBytes: one(3, () => UInt64Value),
  usageBytes: one(4, () => UInt64Value),
  rssBytes: one(5, () => UInt64Value),
  pageFaults: one(6, () => UInt64Value),
  majorPageFaults: one(7, () => UInt64Value),
});
const ContainerAttributes = message({
  id: string(1),
  metadata: one(2, () => ContainerMetadata),
  labels: map(3),
  annotations: map(4),
});
export const ContainerStats = message({
  attributes: one(1, () => ContainerAttributes),
  cpu: one(2, () => CpuUsage),
  memory: one(3, () => MemoryUsage),
  writableLayer: one(4, () => FilesystemUsage),
});
// The runtime itself

const RuntimeCondition = message({ type: string(1), status: bool(2), reason: string(3), message: string(4) });
export const RuntimeStatus = message({ conditions: many(1, () => RuntimeCondition) });
const RuntimeHandlerFeatures = message({ recursiveReadOnlyMounts: bool(1), userNamespaces: bool(2) });
export const RuntimeHandler = message({ name: string(1), features: one(2, () => RuntimeHandlerFeatures) });
export const RuntimeFeatures = message({ supplementalGroupsPolicy: bool(1) });
const NetworkConfig = message({ podCidr: string(1) });
export const RuntimeConfig = message({ networkConfig: one(1, () => NetworkConfig) });
