/** What a kubelet is made from. */
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { Logger } from "../base/logger.ts";
import type { Client } from "../client/client.ts";
import type { EventRecorder } from "../client/events.ts";
import type { HostLogs } from "./api/host-logs.ts";
import type { KubeletPaths, ServiceSource } from "./config/pod-configs.ts";
import type { ClusterDns } from "./environment/dns.ts";
import type { Host } from "./host/host.ts";
import type { LogFileRotation } from "./host/log-rotation.ts";
import type { HookHttp } from "./lifecycle/hooks.ts";
import type { ContainerLogFiles } from "./logs/files.ts";
import type { NodeFacts } from "./node/facts.ts";
import type { SetHostPorts } from "./pod/context.ts";
import type { Prober } from "./probes/prober.ts";
import type { ContainerOutput } from "./runtime/output.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { KubeletSettings } from "./settings.ts";
import type { ObjectSource } from "./sources/objects.ts";
import type { Machine } from "./stats/machine.ts";

/** Upstream's: nodes of their own machine have no other. */
export const DEFAULT_CGROUP_ROOT = "/kubepods";
export const DEFAULT_PATHS: KubeletPaths = { root: "/var/lib/kubelet", logs: "/var/log/pods" };

export interface KubeletOptions {
  /** Acts as system:node:NAME. */
  client: Client;
  runtime: Runtime;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
  nodeName: string;
  node: NodeFacts;
  /** How probes reach containers: networkProber() on a machine, simulatedProber() on a simulated runtime. */
  prober: Prober;
  /** Logs and termination messages: the host's files, or the simulated runtime's memory. */
  output: ContainerOutput;
  cluster: { dns: ClusterDns };
  /** Files and mounts; absent on a simulated node. */
  host?: Host;
  /** What the machine says of its use; absent on a simulated node. */
  machine?: Machine;
  /** The node's own logs, for the node API. */
  hostLogs?: HostLogs;
  /** Links to containers' logs, and their end; absent on a simulated node, whose logs are in memory. */
  logFiles?: ContainerLogFiles;
  /** Puts logs aside that have grown; absent as above. */
  logRotation?: LogFileRotation;
  settings?: Partial<KubeletSettings>;
  /** Names of images that are never removed, for runtimes that do not know of pinned ones. */
  pinnedImages?: readonly string[];
  hookHttp?: HookHttp;
  /**
   * Called before a deleted Pod's hooks and signals: resolves when this node sends it no new connections; true where it did before.
   * Waited for a short while only.
   */
  /** Opens host ports; without it Pods have none. Told again of every Pod after a restart. */
  setHostPorts?: SetHostPorts;
  withdraw?: (uid: string) => Promise<boolean>;
  /** How many connections into a sandbox wait for an answer: a Pod that was withdrawn gives them for a short while before it ends. */
  unanswered?: (sandboxId: string) => Promise<number>;
  /** Where containers find Services in their environment; without it they do not. */
  services?: ServiceSource;
  /** ConfigMaps and Secrets; by default each one that a Pod refers to is watched. Simulated nodes may share one source. */
  objects?: ObjectSource;
  events?: EventRecorder;
  /** Whether the kernel confines by AppArmor; true where absent. */
  appArmor?: boolean;
  paths?: KubeletPaths;
  cgroupRoot?: string;
  /** 2 where absent. */
  cgroupVersion?: 1 | 2;
}
