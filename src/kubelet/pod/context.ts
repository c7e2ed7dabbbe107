/** What the workers of a node's Pods share. */
import type { PodStatus } from "../../api/generated/core-v1.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { Environment } from "../environment/environment.ts";
import type { ImagePuller } from "../images/puller.ts";
import type { RunHook } from "../lifecycle/hooks.ts";
import type { ContainerLogFiles } from "../logs/files.ts";
import type { ProbeManager } from "../probes/manager.ts";
import type { ContainerConfig, LinuxContainerResources, PodSandboxConfig, PortMapping } from "../runtime/config.ts";
import type { AuthConfig, Image } from "../runtime/images.ts";
import type { ContainerOutput } from "../runtime/output.ts";
import type { RuntimeService } from "../runtime/runtime.ts";
import type { PodVolumes } from "../volumes/volumes.ts";
import type { Wheel } from "../wheel.ts";
import type { Backoff } from "./backoff.ts";
import type { NamedContainer, PodContainer, ReadonlyPod } from "./containers.ts";

export interface ContainerMaterial {
  pod: ReadonlyPod;
  named: NamedContainer;
  attempt: number;
  image: Image;
  imageReference: string;
  podIps: readonly string[];
  targetId?: string;
}

/** Makes the runtime's configurations; everything that is read or written on the way happens in here. */
export interface PodConfigs {
  /** Rejects with an Error that says what is wrong. */
  sandbox(pod: ReadonlyPod, attempt: number): Promise<PodSandboxConfig>;
  /** Rejects with an Error of which the message is what the container's status says. */
  container(material: ContainerMaterial): Promise<ContainerConfig>;
  environment(material: Omit<ContainerMaterial, "image" | "imageReference" | "attempt">): Promise<Environment>;
  /** Of the Pod's pull secrets. */
  credentials(pod: ReadonlyPod, image: string): Promise<readonly AuthConfig[]>;
  /** What the runtime limits the container to. */
  resources(pod: ReadonlyPod, container: PodContainer): LinuxContainerResources;
  /** Makes the Pod's cgroup, or limits it anew. */
  openCgroup(pod: ReadonlyPod): Promise<void>;
  /** Its limits are the larger of those it has and those it is to have. */
  growCgroup(pod: ReadonlyPod): Promise<void>;
  /** Everything in it has ended. */
  closeCgroup(pod: ReadonlyPod): Promise<void>;
  /** Removes what was written for the Pod. */
  cleanUp(pod: ReadonlyPod): Promise<void>;
}

/** Leads ports of the node to a Pod's; none takes them away. Resolves when that is so. Undefined where nothing can. */
export type SetHostPorts = (pod: { uid: string; ip: string }, ports: readonly PortMapping[]) => Promise<void>;

export interface PodContext {
  client: Client;
  runtime: RuntimeService;
  /** The scheme of container ids. */
  runtimeName: string;
  clock: Clock;
  wheel: Wheel;
  logger: Logger;
  events: EventRecorder;
  images: ImagePuller;
  crashes: Backoff;
  probes: ProbeManager;
  runHook: RunHook;
  /** Takes a Pod out of what sends it traffic; undefined where nothing does. */
  setHostPorts: SetHostPorts | undefined;
  /** Of the Pod's RuntimeClass; empty: the runtime's default. Rejects with an Error in upstream's words. */
  runtimeHandler(pod: ReadonlyPod): Promise<string>;
  withdraw: ((uid: string) => Promise<boolean>) | undefined;
  /** Connections into a sandbox that wait for an answer; undefined where that cannot be seen. */
  unanswered: ((sandboxId: string) => Promise<number>) | undefined;
  output: ContainerOutput;
  /** The log files of containers; undefined where logs are in memory. */
  logFiles: ContainerLogFiles | undefined;
  volumes: PodVolumes;
  configs: PodConfigs;
  hostIps(): readonly string[];
  /** The runtime and network that Pods need are there. */
  sumOfRequests(pod: ReadonlyPod): Record<string, string>;
  /** A Pod has ended, or asks for less: others may have waited for that. */
  roomMade(): void;
  /** Called with every status that is reported: for what else looks at Pods of the node. */
  onStatus?: (pod: ReadonlyPod, status: PodStatus) => void;
}
