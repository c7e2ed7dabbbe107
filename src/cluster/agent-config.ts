/** What the server tells the node agent, as a file in the data directory: the agent is a process of its own. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeNetwork } from "../network/node/node-network.ts";
import { writePrivateFile } from "../pki/private-file.ts";

export interface AgentConfig {
  /** Everything of the node is kept below. */
  dataDirectory: string;
  nodeName: string;
  nodeAddress: string;
  /** A CRI socket that somebody else looks after; a containerd of our own where absent. */
  runtimeEndpoint?: string;
  /** Of our own containerd, besides the default one: containerd's runtime type by the handler's name. */
  runtimeHandlers: Readonly<Record<string, string>>;
  podCidr: string;
  serviceCidr: string;
  clusterDomain: string;
  /** PEM: the certificate with which the node API is served, and who may call it. */
  serving: { certificate: string; key: string };
  clientCa: string;
  /** Credentials of system:node:NAME. */
  kubeconfig: string;
  /** Absent where the DNS is switched off. */
  dns?: { kubeconfig: string };
  /** The node's own network, on which the proxy builds; absent where it is switched off. */
  proxy?: { kubeconfig: string; network: NodeNetwork["base"] };
}

/** The cgroup beneath which all Pods run. Cgroups are the machine's, so each data directory has one of its own. */
export const cgroupRootOf = (agentDirectory: string): string =>
  `/timonier-${createHash("sha256").update(agentDirectory).digest("hex").slice(0, 8)}`;
/** The bridge of Pods, and the device that has the node's address. */
export const BRIDGE = "timonier-pods";
export const DEVICE = "timonier0";
export const NODE_API_PORT = 10250;

export const agentConfigFile = (agentDirectory: string): string => join(agentDirectory, "agent.json");

export const writeAgentConfig = (agentDirectory: string, config: AgentConfig): string => {
  const path = agentConfigFile(agentDirectory);
  writePrivateFile(path, `${JSON.stringify(config, null, 2)}\n`);
  return path;
};

export const readAgentConfig = (path: string): AgentConfig => JSON.parse(readFileSync(path, "utf8")) as AgentConfig;
