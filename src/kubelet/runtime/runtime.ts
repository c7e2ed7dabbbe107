/**
 * The container runtime as the kubelet sees it: the CRI (runtime.v1) in TypeScript shapes, one method an RPC.
 *
 * What every implementation keeps:
 * - Methods may be called at any time, several at once; calls for one sandbox or container are ordered by the caller.
 * - They reject with RuntimeError and nothing else. `code` is the gRPC code's name; `message` the runtime's own words, without prefix.
 * - Start, stop and remove are idempotent as in the CRI: stopping what has ended and removing what is gone succeed.
 * - Identifiers are the runtime's; names, attempts, labels and annotations come back as they were given, also after a restart of the
 *   kubelet or the runtime: they are all that the kubelet remembers of a Pod.
 * - Moments are milliseconds since the epoch (fractions allowed, 0 where it never happened); sizes are bytes.
 * - Absent optional fields mean what protobuf's zero value means.
 * - A call that outlives `signal` rejects with code Canceled; `timeoutMs` passing rejects with DeadlineExceeded.
 *
 * Both implementations (cri/, simulated/) pass contract.ts.
 * https://kubernetes.io/docs/concepts/containers/cri/
 */
import type { PortForwardSession } from "../../streaming/port-forward/session.ts";
import type { CommandSession } from "../../streaming/remote-command/command.ts";
import type { ContainerConfig, LinuxContainerResources, PodSandboxConfig } from "./config.ts";
import type { AuthConfig, ImageService } from "./images.ts";

export type { AuthConfig, ContainerConfig, LinuxContainerResources, PodSandboxConfig };

export type RuntimeErrorCode =
  | "Canceled"
  | "Unknown"
  | "InvalidArgument"
  | "DeadlineExceeded"
  | "NotFound"
  | "AlreadyExists"
  | "PermissionDenied"
  | "ResourceExhausted"
  | "FailedPrecondition"
  | "Aborted"
  | "OutOfRange"
  | "Unimplemented"
  | "Internal"
  | "Unavailable"
  | "DataLoss"
  | "Unauthenticated";

export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export const isRuntimeError = (error: unknown, code?: RuntimeErrorCode): error is RuntimeError =>
  error instanceof RuntimeError && (code === undefined || error.code === code);

/** As a Go client prints a gRPC error: what upstream puts into Events and container statuses. */
const rpcErrorText = (error: RuntimeError): string => `rpc error: code = ${error.code} desc = ${error.message}`;

/** Whatever it is: how upstream says it. */
export const errorText = (error: unknown): string =>
  isRuntimeError(error) ? rpcErrorText(error) : error instanceof Error ? error.message : String(error);

/** Every call's last argument. */
export interface CallOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

export interface RuntimeVersion {
  runtimeName: string;
  runtimeVersion: string;
  runtimeApiVersion: string;
}

export interface RuntimeStatus {
  conditions: readonly RuntimeCondition[];
  runtimeHandlers: readonly RuntimeHandler[];
  features?: { supplementalGroupsPolicy?: boolean };
}

/** `type` is RuntimeReady or NetworkReady. */
export interface RuntimeCondition {
  type: string;
  status: boolean;
  reason: string;
  message: string;
}

export interface RuntimeHandler {
  /** Empty: the default handler. */
  name: string;
  recursiveReadOnlyMounts: boolean;
  userNamespaces: boolean;
}

export interface PodSandboxMetadata {
  name: string;
  namespace: string;
  uid: string;
  attempt: number;
}

export interface ContainerMetadata {
  name: string;
  attempt: number;
}

export type PodSandboxState = "Ready" | "NotReady";
export type ContainerState = "Created" | "Running" | "Exited" | "Unknown";

export interface PodSandbox {
  id: string;
  metadata: PodSandboxMetadata;
  state: PodSandboxState;
  createdAtMs: number;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  runtimeHandler: string;
}

export interface PodSandboxStatus extends PodSandbox {
  /** The Pod's addresses, the primary one first; empty on the host's network and after the sandbox was stopped. */
  ips: readonly string[];
}

export interface PodSandboxFilter {
  id?: string;
  state?: PodSandboxState;
  labels?: Readonly<Record<string, string>>;
}

export interface Container {
  id: string;
  podSandboxId: string;
  metadata: ContainerMetadata;
  /** As the Pod asked for it. */
  image: string;
  /** What it resolved to. */
  imageRef: string;
  imageId: string;
  state: ContainerState;
  createdAtMs: number;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

export interface ContainerStatus extends Container {
  startedAtMs: number;
  finishedAtMs: number;
  exitCode: number;
  /** Completed, Error, OOMKilled, StartError, ContainerCannotRun, or the runtime's own; empty while it runs. */
  reason: string;
  /** Why it could not run, in the runtime's words. The termination message is not here: see ContainerOutput. */
  message: string;
  logPath: string;
  mounts: readonly ContainerMountStatus[];
  user?: { uid: number; gid: number; supplementalGroups: readonly number[] };
  resources?: LinuxContainerResources;
}

export interface ContainerMountStatus {
  containerPath: string;
  hostPath: string;
  readonly: boolean;
  recursiveReadOnly: boolean;
}

export interface ContainerFilter {
  id?: string;
  state?: ContainerState;
  podSandboxId?: string;
  labels?: Readonly<Record<string, string>>;
}

export type ContainerEventType = "Created" | "Started" | "Stopped" | "Deleted";

/** Something happened in a sandbox: look at that Pod again. Events may come twice, late, or for containers that are not ours. */
export interface ContainerEvent {
  containerId: string;
  type: ContainerEventType;
  createdAtMs: number;
  /** Of the sandbox, where the runtime says it. */
  podUid: string;
}

export interface ExecResult {
  stdout: Uint8Array;
  stderr: Uint8Array;
  exitCode: number;
}

/** A container's use at one moment: what the Summary API and metrics are made of. */
export interface ContainerStats {
  id: string;
  metadata: ContainerMetadata;
  labels: Readonly<Record<string, string>>;
  timestampMs: number;
  /** Since the container started. */
  cpuUsageCoreNanoSeconds: number;
  memoryUsageBytes: number;
  memoryWorkingSetBytes: number;
  /** Up to the limit; absent where there is none, or the runtime does not say. So are the others. */
  memoryAvailableBytes?: number;
  memoryRssBytes?: number;
  pageFaults?: number;
  majorPageFaults?: number;
  writableLayerUsedBytes: number;
  writableLayerInodesUsed: number;
}

/** Streams that the runtime agreed to: `open` them once, soon, since a runtime forgets them after a while. It rejects where they broke. */
export interface Prepared<Session> {
  open(): Promise<Session>;
}

export interface ExecRequest {
  containerId: string;
  command: readonly string[];
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

export type AttachRequest = Omit<ExecRequest, "command">;

export interface RuntimeService {
  version(options?: CallOptions): Promise<RuntimeVersion>;
  status(options?: CallOptions): Promise<RuntimeStatus>;
  /** The node's Pod range, once it is known. */
  updateRuntimeConfig(podCidr: string, options?: CallOptions): Promise<void>;

  /** Makes and starts a sandbox, its network included; nothing is left behind where it fails. Answers its id. */
  runPodSandbox(config: PodSandboxConfig, runtimeHandler: string, options?: CallOptions): Promise<string>;
  /** Stops what runs in it and takes its network down. Idempotent; succeeds where it is gone. */
  stopPodSandbox(id: string, options?: CallOptions): Promise<void>;
  /** Removes it and its containers, by force. Idempotent. */
  removePodSandbox(id: string, options?: CallOptions): Promise<void>;
  /** Rejects with NotFound. */
  podSandboxStatus(id: string, options?: CallOptions): Promise<PodSandboxStatus>;
  /** A process in the sandbox's namespaces. Undefined where it is gone; absent where there are no processes, or the runtime tells none. */
  podSandboxProcess?(id: string, options?: CallOptions): Promise<number | undefined>;
  listPodSandboxes(filter?: PodSandboxFilter, options?: CallOptions): Promise<PodSandbox[]>;

  /** Rejects with NotFound where image or sandbox is not there. Answers the container's id. */
  createContainer(
    podSandboxId: string,
    config: ContainerConfig,
    sandboxConfig: PodSandboxConfig,
    options?: CallOptions,
  ): Promise<string>;
  /** A container that cannot be run (no such command) rejects, and is then Exited with reason StartError. */
  startContainer(id: string, options?: CallOptions): Promise<void>;
  /**
   * Sends the stop signal, waits up to `graceMs` for the end, then kills. Resolves when it has ended. Its call's `timeoutMs`, where
   * given, starts after the grace.
   */
  stopContainer(id: string, graceMs: number, options?: CallOptions): Promise<void>;
  /** By force. Idempotent. Its log stays. */
  removeContainer(id: string, options?: CallOptions): Promise<void>;
  listContainers(filter?: ContainerFilter, options?: CallOptions): Promise<Container[]>;
  /** Rejects with NotFound. */
  containerStatus(id: string, options?: CallOptions): Promise<ContainerStatus>;
  updateContainerResources(id: string, linux: LinuxContainerResources, options?: CallOptions): Promise<void>;
  /** The log file was moved away: write a new one. */
  reopenContainerLog(id: string, options?: CallOptions): Promise<void>;

  /** Runs a command to its end. A command that ends with another code than 0 resolves; `timeoutMs` kills it. */
  execSync(id: string, command: readonly string[], options?: CallOptions): Promise<ExecResult>;
  /** Runs a command with streams; nothing runs before they are opened. Aborting the session does not end the command. */
  exec(request: ExecRequest, options?: CallOptions): Promise<Prepared<CommandSession>>;
  /** The streams of the container itself: from now on, what it wrote before is in its log. Ends with the container. */
  attach(request: AttachRequest, options?: CallOptions): Promise<Prepared<CommandSession>>;
  /** Connections to ports of the sandbox: `ports` are announced only, others may be asked for. */
  portForward(podSandboxId: string, ports: readonly number[], options?: CallOptions): Promise<Prepared<PortForwardSession>>;

  containerStats(id: string, options?: CallOptions): Promise<ContainerStats>;
  listContainerStats(filter?: ContainerFilter, options?: CallOptions): Promise<ContainerStats[]>;

  /**
   * Calls `onEvent` for each event until `signal` aborts (then it resolves) or the stream breaks (then it rejects; the caller lists
   * and opens it again). Absent where the runtime has no events: the kubelet lists every second.
   */
  containerEvents?(onEvent: (event: ContainerEvent) => void, signal: AbortSignal): Promise<void>;
}

export interface Runtime extends RuntimeService, ImageService {
  /** Lets go of connections. Containers go on. */
  close(): Promise<void>;
}
