/** CRI messages, as the kubelet reads them. */
import type { LinuxContainerResources } from "../config.ts";
import type { FilesystemUsage, Image } from "../images.ts";
import type {
  Container,
  ContainerEventType,
  ContainerState,
  ContainerStats,
  ContainerStatus,
  PodSandbox,
  PodSandboxState,
  PodSandboxStatus,
  RuntimeStatus,
} from "../runtime.ts";
import type * as cri from "./messages.ts";
import type { Decoded } from "./protobuf.ts";
import type { runtimeService } from "./services.ts";

/** By their number. */
export const podSandboxStates: readonly PodSandboxState[] = ["Ready", "NotReady"];
export const containerStates: readonly ContainerState[] = ["Created", "Running", "Exited", "Unknown"];
export const eventTypes: readonly ContainerEventType[] = ["Created", "Started", "Stopped", "Deleted"];

export const millisecondsOf = (nanoseconds: number): number => nanoseconds / 1e6;
const unboxed = (boxed: { value: number } | undefined): number => boxed?.value ?? 0;

const NO_CONTAINER = { name: "", attempt: 0 };
const NO_SANDBOX = { name: "", namespace: "", uid: "", attempt: 0 };

export function podSandbox(sandbox: Decoded<typeof cri.PodSandbox> | Decoded<typeof cri.PodSandboxStatus>): PodSandbox {
  return {
    id: sandbox.id,
    metadata: sandbox.metadata ?? NO_SANDBOX,
    state: podSandboxStates[sandbox.state] ?? "NotReady",
    createdAtMs: millisecondsOf(sandbox.createdAt),
    labels: sandbox.labels,
    annotations: sandbox.annotations,
    runtimeHandler: sandbox.runtimeHandler,
  };
}

export function podSandboxStatus(status: Decoded<typeof cri.PodSandboxStatus>): PodSandboxStatus {
  const addresses = [status.network?.ip ?? "", ...(status.network?.additionalIps ?? []).map(({ ip }) => ip)];
  return { ...podSandbox(status), ips: addresses.filter((ip) => ip !== "") };
}

/** The verbose part of a sandbox's status is the runtime's own: containerd and CRI-O both name the process there. */
export function sandboxProcess(info: Readonly<Record<string, string>>): number | undefined {
  const { pid } = JSON.parse(info.info ?? "{}") as { pid?: unknown };
  return typeof pid === "number" && pid > 0 ? pid : undefined;
}

/** Older runtimes give no image id beside the reference; their reference is the id. */
const imageId = (container: { imageId: string; imageRef: string }): string => container.imageId || container.imageRef;

/** What a container in a list and a container's status both say. */
const described = (from: Decoded<typeof cri.Container> | Decoded<typeof cri.ContainerStatus>) => ({
  id: from.id,
  metadata: from.metadata ?? NO_CONTAINER,
  image: from.image?.userSpecifiedImage || from.image?.image || "",
  imageRef: from.imageRef,
  imageId: imageId(from),
  state: containerStates[from.state] ?? "Unknown",
  createdAtMs: millisecondsOf(from.createdAt),
  labels: from.labels,
  annotations: from.annotations,
});

export const container = (from: Decoded<typeof cri.Container>): Container => ({
  ...described(from),
  podSandboxId: from.podSandboxId,
});

/** A status does not say whose container it is: `podSandboxId` comes from the list, or from the verbose answer. */
export function containerStatus(from: Decoded<typeof cri.ContainerStatus>, podSandboxId: string): ContainerStatus {
  const { user, resources } = from;
  return {
    ...described(from),
    podSandboxId,
    startedAtMs: millisecondsOf(from.startedAt),
    finishedAtMs: millisecondsOf(from.finishedAt),
    exitCode: from.exitCode,
    reason: from.reason,
    message: from.message,
    logPath: from.logPath,
    mounts: from.mounts.map(({ containerPath, hostPath, readonly, recursiveReadOnly }) => ({
      containerPath,
      hostPath,
      readonly,
      recursiveReadOnly,
    })),
    ...(user?.linux && { user: user.linux }),
    ...(resources?.linux && { resources: linuxResources(resources.linux) }),
  };
}

function linuxResources(from: Decoded<typeof cri.LinuxContainerResources>): LinuxContainerResources {
  return {
    cpuPeriod: from.cpuPeriod,
    cpuQuota: from.cpuQuota,
    cpuShares: from.cpuShares,
    memoryLimitBytes: from.memoryLimitInBytes,
    memorySwapLimitBytes: from.memorySwapLimitInBytes,
    oomScoreAdj: from.oomScoreAdj,
    cpusetCpus: from.cpusetCpus,
    cpusetMems: from.cpusetMems,
    hugepageLimits: from.hugepageLimits.map(({ pageSize, limit }) => ({ pageSize, limitBytes: limit })),
    unified: from.unified,
  };
}

export function containerStats(from: Decoded<typeof cri.ContainerStats>): ContainerStats {
  const { availableBytes, rssBytes, pageFaults, majorPageFaults } = from.memory ?? {};
  return {
    id: from.attributes?.id ?? "",
    metadata: from.attributes?.metadata ?? NO_CONTAINER,
    labels: from.attributes?.labels ?? {},
    timestampMs: millisecondsOf(from.cpu?.timestamp ?? from.memory?.timestamp ?? 0),
    cpuUsageCoreNanoSeconds: unboxed(from.cpu?.usageCoreNanoSeconds),
    memoryUsageBytes: unboxed(from.memory?.usageBytes),
    memoryWorkingSetBytes: unboxed(from.memory?.workingSetBytes),
    // A container without a limit has nothing available of it: runtimes then say 0.
    ...(availableBytes?.value ? { memoryAvailableBytes: availableBytes.value } : {}),
    ...(rssBytes === undefined ? {} : { memoryRssBytes: rssBytes.value }),
    ...(pageFaults === undefined ? {} : { pageFaults: pageFaults.value }),
    ...(majorPageFaults === undefined ? {} : { majorPageFaults: majorPageFaults.value }),
    writableLayerUsedBytes: unboxed(from.writableLayer?.usedBytes),
    writableLayerInodesUsed: unboxed(from.writableLayer?.inodesUsed),
  };
}

export function runtimeStatus(from: Decoded<typeof runtimeService.status.response>): RuntimeStatus {
  return {
    conditions: from.status?.conditions ?? [],
    runtimeHandlers: from.runtimeHandlers.map(({ name, features }) => ({
      name,
      recursiveReadOnlyMounts: features?.recursiveReadOnlyMounts ?? false,
      userNamespaces: features?.userNamespaces ?? false,
    })),
    ...(from.features && { features: { supplementalGroupsPolicy: from.features.supplementalGroupsPolicy } }),
  };
}

export function image(from: Decoded<typeof cri.Image>): Image {
  return {
    id: from.id,
    repoTags: from.repoTags,
    repoDigests: from.repoDigests,
    sizeBytes: from.size,
    ...(from.uid && { uid: from.uid.value }),
    ...(from.username !== "" && { username: from.username }),
    pinned: from.pinned,
  };
}

export function filesystemUsage(from: Decoded<typeof cri.FilesystemUsage>): FilesystemUsage {
  return {
    timestampMs: millisecondsOf(from.timestamp),
    mountpoint: from.fsId?.mountpoint ?? "",
    usedBytes: unboxed(from.usedBytes),
    inodesUsed: unboxed(from.inodesUsed),
  };
}
