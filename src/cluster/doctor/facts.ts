/**
 * What `timonier doctor` knows of a machine: gathered once (gather.ts), judged by pure checks (checks/). Everything here is data, so a
 * machine that is not at hand can be written down.
 *
 * `undefined` says that it could not be found out, which is no judgement.
 */
import type { Machine } from "../../kubelet/containerd/index.ts";
import type { CgroupLayout } from "./cgroup-layout.ts";
import type { Distribution } from "./distribution.ts";
import type { BaseChain } from "./firewall-rules.ts";
import type { Listener } from "./listeners.ts";

/** What of the kernel containers and their network use. */
export const FEATURES = [
  "overlay",
  "veth",
  "bridge",
  "nftables",
  "bridgeFiltering",
  "seccomp",
  "userNamespaces",
  "vxlan",
] as const;
export type Feature = (typeof FEATURES)[number];

/** Whether something worked when it was tried, and what was said where it did not. */
export type Trial = { readonly works: true } | { readonly works: false; readonly why: string };

export interface KernelFacts {
  /** `6.12.43-amd64`. */
  readonly release: string;
  readonly trials: Readonly<Partial<Record<Feature, Trial>>>;
  /** Whether there is a directory of modules for this very kernel: there is none after an update without a restart. */
  readonly moduleDirectory: boolean;
  /** Modules that could be loaded, by name. */
  readonly loadable: ReadonlySet<string>;
}

export interface PrivilegeFacts {
  /** Bits of the effective capabilities. */
  readonly capabilities: bigint;
  /** Whether a file system can be mounted in a mount namespace of its own. */
  readonly mount: Trial | undefined;
  /** What kind of container this itself runs in. */
  readonly container: string | undefined;
}

export interface NetworkFacts {
  /** `/proc/sys/net/ipv4/ip_forward`. */
  readonly forwarding: { readonly on: boolean; readonly writable: boolean } | undefined;
  /** The greater of rp_filter's settings for all and for new devices: 0 off, 1 strict, 2 loose. */
  readonly reversePathFilter: number | undefined;
  readonly defaultRoutes: number;
  readonly listeners: readonly Listener[];
}

export interface FirewallFacts {
  /** Hooks of the ip and inet families for packets that come in or are forwarded. */
  readonly chains: readonly BaseChain[] | undefined;
  readonly docker: boolean;
  readonly ufw: { readonly enabled: boolean; readonly lets: boolean } | undefined;
  readonly firewalld: { readonly runs: boolean; readonly lets: boolean } | undefined;
}

export interface ResourceFacts {
  /** Where the data directory is or will be. */
  readonly disk: { readonly path: string; readonly freeBytes: number; readonly freeFiles: number | undefined } | undefined;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  readonly inotifyInstances: number | undefined;
  readonly inotifyWatches: number | undefined;
  readonly nowMs: number;
  /** Whether the clock follows a time server. */
  readonly synchronized: boolean | undefined;
  /** When the data directory's authority begins to be valid. */
  readonly authorityFromMs: number | undefined;
}

/** What is to run here. */
export interface Plan {
  readonly dataDirectory: string;
  readonly apiPort: number;
  readonly nodeAddress: string;
  readonly nodePort: number;
  readonly podCidr: string;
  /** The device behind which Pods are. */
  readonly podDevice: string;
}

export interface MachineFacts {
  readonly plan: Plan;
  readonly machine: Machine;
  readonly distribution: Distribution;
  readonly kernel: KernelFacts;
  readonly cgroups: CgroupLayout;
  readonly privileges: PrivilegeFacts;
  readonly network: NetworkFacts;
  readonly firewall: FirewallFacts;
  readonly resources: ResourceFacts;
  /** Why `timonier up` would not take the node's directories. */
  readonly directoriesInUse: string | undefined;
  /** The process of the cluster that runs on the data directory. */
  readonly clusterPid: number | undefined;
}
