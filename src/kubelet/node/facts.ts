/** What a node is: found out by who runs the kubelet (from the machine, or made up for a simulated one). */
import type { NodeAddress, NodeSystemInfo, Taint } from "../../api/generated/core-v1.ts";

export interface NodeFacts {
  /** InternalIP first, then Hostname. */
  addresses: readonly NodeAddress[];
  /** cpu, memory, pods, ephemeral-storage, hugepages-…: quantities. */
  capacity: Readonly<Record<string, string>>;
  /** What Pods may use; the capacity where absent. */
  allocatable?: Readonly<Record<string, string>>;
  labels?: Readonly<Record<string, string>>;
  taints?: readonly Taint[];
  info: Omit<NodeSystemInfo, "containerRuntimeVersion" | "kubeletVersion" | "kubeProxyVersion">;
  /** The port of the node API. */
  port: number;
}

export const KUBELET_VERSION = "v1.36.3";

export interface SimulatedNodeOptions {
  name: string;
  address: string;
  capacity?: Readonly<Record<string, string>>;
  labels?: Readonly<Record<string, string>>;
  /** Whatever differs from node to node. */
  id: string;
}

/** A node of a simulated cluster: large enough not to be in the way. */
export const simulatedNodeFacts = ({ name, address, capacity, labels, id }: SimulatedNodeOptions): NodeFacts => ({
  addresses: [
    { type: "InternalIP", address },
    { type: "Hostname", address: name },
  ],
  capacity: { cpu: "32", memory: "256Gi", pods: "110", "ephemeral-storage": "512Gi", ...capacity },
  ...(labels === undefined ? {} : { labels }),
  info: {
    architecture: "amd64",
    bootID: id,
    kernelVersion: "simulated",
    machineID: id.replaceAll("-", ""),
    operatingSystem: "linux",
    osImage: "Timonier (simulated)",
    systemUUID: id,
  },
  port: 10250,
});
