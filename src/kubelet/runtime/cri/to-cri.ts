/** What the kubelet asks for, as CRI messages. */
import type {
  ContainerConfig,
  LinuxContainerResources,
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  Mount,
  NamespaceMode,
  NamespaceOptions,
  PodSandboxConfig,
  SecurityProfile,
} from "../config.ts";
import type { ContainerFilter, PodSandboxFilter } from "../runtime.ts";
import { containerStates, podSandboxStates } from "./from-cri.ts";
import type * as cri from "./messages.ts";
import type { Encodable } from "./protobuf.ts";
import { signalNumber } from "./signals.ts";

const NAMESPACE_MODES: readonly NamespaceMode[] = ["Pod", "Container", "Node", "Target"];
const PROTOCOLS = ["TCP", "UDP", "SCTP"];
const PROFILE_TYPES = ["RuntimeDefault", "Unconfined", "Localhost"];
const PROPAGATIONS = ["Private", "HostToContainer", "Bidirectional"];
const GROUPS_POLICIES = ["Merge", "Strict"];

const integerValue = (value: number | undefined) => (value === undefined ? undefined : { value });

export function podSandboxConfig(config: PodSandboxConfig): Encodable<typeof cri.PodSandboxConfig> {
  const { linux } = config;
  return {
    metadata: config.metadata,
    hostname: config.hostname,
    logDirectory: config.logDirectory,
    dnsConfig: config.dns,
    portMappings: config.portMappings.map((port) => ({ ...port, protocol: PROTOCOLS.indexOf(port.protocol) })),
    labels: config.labels,
    annotations: config.annotations,
    linux: {
      cgroupParent: linux.cgroupParent,
      sysctls: linux.sysctls,
      resources: linux.resources && resources(linux.resources),
      overhead: linux.overhead && resources(linux.overhead),
      securityContext: sandboxSecurityContext(linux.securityContext),
    },
  };
}

function sandboxSecurityContext(context: LinuxSandboxSecurityContext): Encodable<typeof cri.LinuxSandboxSecurityContext> {
  return {
    namespaceOptions: namespaceOptions(context.namespaces),
    selinuxOptions: context.selinux,
    runAsUser: integerValue(context.runAsUser),
    runAsGroup: integerValue(context.runAsGroup),
    readonlyRootfs: context.readonlyRootfs,
    supplementalGroups: context.supplementalGroups,
    supplementalGroupsPolicy: GROUPS_POLICIES.indexOf(context.supplementalGroupsPolicy),
    privileged: context.privileged,
    seccomp: securityProfile(context.seccomp),
    apparmor: securityProfile(context.apparmor),
  };
}

function namespaceOptions(options: NamespaceOptions): Encodable<typeof cri.NamespaceOption> {
  const user = options.userNamespace;
  return {
    network: NAMESPACE_MODES.indexOf(options.network),
    pid: NAMESPACE_MODES.indexOf(options.pid),
    ipc: NAMESPACE_MODES.indexOf(options.ipc),
    targetId: options.targetId,
    usernsOptions: user && { mode: NAMESPACE_MODES.indexOf(user.mode), uids: user.uids, gids: user.gids },
  };
}

const securityProfile = (profile: SecurityProfile | undefined): Encodable<typeof cri.SecurityProfile> | undefined =>
  profile && { profileType: PROFILE_TYPES.indexOf(profile.type), localhostRef: profile.localhostRef };

export function containerConfig(config: ContainerConfig): Encodable<typeof cri.ContainerConfig> {
  const encoder = new TextEncoder();
  return {
    metadata: config.metadata,
    image: config.image,
    command: config.command,
    args: config.args,
    workingDir: config.workingDir,
    envs: config.envs.map(({ key, value }) => ({ key, value: encoder.encode(value) })),
    mounts: config.mounts.map(mount),
    devices: config.devices,
    labels: config.labels,
    annotations: config.annotations,
    logPath: config.logPath,
    stdin: config.stdin,
    stdinOnce: config.stdinOnce,
    tty: config.tty,
    stopSignal: config.stopSignal === undefined ? undefined : signalNumber(config.stopSignal),
    linux: {
      resources: resources(config.linux.resources),
      securityContext: containerSecurityContext(config.linux.securityContext),
    },
  };
}

function containerSecurityContext(context: LinuxContainerSecurityContext): Encodable<typeof cri.LinuxContainerSecurityContext> {
  return {
    ...sandboxSecurityContext(context),
    capabilities: { addCapabilities: context.capabilities.add, dropCapabilities: context.capabilities.drop },
    runAsUsername: context.runAsUsername,
    noNewPrivs: context.noNewPrivileges,
    maskedPaths: context.maskedPaths,
    readonlyPaths: context.readonlyPaths,
  };
}

function mount(wanted: Mount): Encodable<typeof cri.Mount> {
  return {
    containerPath: wanted.containerPath,
    hostPath: wanted.hostPath,
    readonly: wanted.readonly,
    recursiveReadOnly: wanted.recursiveReadOnly,
    selinuxRelabel: wanted.selinuxRelabel,
    propagation: PROPAGATIONS.indexOf(wanted.propagation),
    image: wanted.image && { image: wanted.image.image },
    imageSubPath: wanted.image?.subPath,
  };
}

export function resources(wanted: LinuxContainerResources): Encodable<typeof cri.LinuxContainerResources> {
  return {
    cpuPeriod: wanted.cpuPeriod,
    cpuQuota: wanted.cpuQuota,
    cpuShares: wanted.cpuShares,
    memoryLimitInBytes: wanted.memoryLimitBytes,
    memorySwapLimitInBytes: wanted.memorySwapLimitBytes,
    oomScoreAdj: wanted.oomScoreAdj,
    cpusetCpus: wanted.cpusetCpus,
    cpusetMems: wanted.cpusetMems,
    hugepageLimits: wanted.hugepageLimits?.map(({ pageSize, limitBytes }) => ({ pageSize, limit: limitBytes })),
    unified: wanted.unified,
  };
}

export function podSandboxFilter(filter: PodSandboxFilter): Encodable<typeof cri.PodSandboxFilter> {
  return {
    id: filter.id,
    state: filter.state && { state: podSandboxStates.indexOf(filter.state) },
    labelSelector: filter.labels,
  };
}

export function containerFilter(filter: ContainerFilter): Encodable<typeof cri.ContainerFilter> {
  return {
    id: filter.id,
    state: filter.state && { state: containerStates.indexOf(filter.state) },
    podSandboxId: filter.podSandboxId,
    labelSelector: filter.labels,
  };
}
