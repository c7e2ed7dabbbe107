/**
 * The real node of a server: its network first, so that nothing leaks, then the agent; and taking all of it away again.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "../base/clock.ts";
import type { HttpHandler, Origin } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import type { Client } from "../client/client.ts";
import { HOST_PATHS, releaseContainerd, releaseHostPaths } from "../kubelet/containerd/index.ts";
import { ensureDnsEndpoint, ensureDnsService } from "../network/dns/cluster-objects.ts";
import { type NodeNetwork, setUpNodeNetwork, tearDownNodeNetwork } from "../network/node/node-network.ts";
import type { ClusterPki } from "../pki/cluster-pki.ts";
import { writeKubeconfig } from "../pki/kubeconfig.ts";
import { wireClient } from "../wire/client.ts";
import { originClient } from "../wire/origin-client.ts";
import { dnsAddressOf } from "./addresses.ts";
import { agentConfigFile, BRIDGE, cgroupRootOf, DEVICE, NODE_API_PORT, writeAgentConfig } from "./agent-config.ts";
import { type AgentProcess, startAgentProcess } from "./agent-process.ts";
import type { ClusterConfig } from "./config.ts";
import type { DataDirectory } from "./data-directory.ts";
import { NODE_GROUP } from "./identities.ts";
import { processesNaming } from "./processes-naming.ts";

/** How long containers may take to end by themselves when the whole node ends. */
const RELEASE_GRACE_MS = 2_000;

const recordFileOf = ({ agent }: DataDirectory): string => join(agent, "network.json");

/** Whether the network of an earlier life is there still. */
export const hasNetwork = (directory: DataDirectory): boolean => existsSync(recordFileOf(directory));

export function setUpNetwork(config: ClusterConfig, directory: DataDirectory, nodeAddress: string): Promise<NodeNetwork> {
  mkdirSync(directory.agent, { recursive: true, mode: 0o700 });
  return setUpNodeNetwork({
    nodeAddress,
    podCidr: config.podCidr,
    serviceCidr: config.serviceCidr,
    device: DEVICE,
    podDevices: [BRIDGE],
    recordFile: recordFileOf(directory),
  });
}

export interface RealNodeOptions {
  config: ClusterConfig;
  directory: DataDirectory;
  pki: ClusterPki;
  /** The server, as the node reaches it. */
  url: string;
  nodeAddress: string;
  network: NodeNetwork;
  runtimeEndpoint: string | undefined;
  /** With the rights of the cluster itself: keeps the objects by which the node's DNS is found. */
  client: Client;
  clock: Clock;
  logger: Logger;
}

export interface RealNode {
  readonly agent: AgentProcess;
  /** The node API, as the API server calls it. */
  dial(options?: { insecure?: boolean }): HttpHandler;
  /** Pods, and what listens on the node. */
  dialAddress(origin: Origin): HttpHandler;
  stop(): Promise<void>;
}

export function startRealNode(options: RealNodeOptions): RealNode {
  const { config, directory, pki, url, nodeAddress, network, runtimeEndpoint, clock, logger } = options;
  const { nodeName } = config;
  /** Credentials of a component of the node, as a file. */
  const credentials = (name: string, user: string, groups: readonly string[]): string => {
    const path = join(directory.agent, `${name}.kubeconfig`);
    writeKubeconfig(path, { server: url, ca: pki.ca, ...pki.client(name, user, groups) });
    return path;
  };
  const configFile = writeAgentConfig(directory.agent, {
    dataDirectory: directory.agent,
    nodeName,
    nodeAddress,
    ...(runtimeEndpoint === undefined ? {} : { runtimeEndpoint }),
    runtimeHandlers: config.runtimeHandlers,
    podCidr: config.podCidr,
    serviceCidr: config.serviceCidr,
    clusterDomain: config.clusterDomain,
    serving: pki.server("kubelet", `system:node:${nodeName}`, [nodeName, nodeAddress]),
    clientCa: pki.ca,
    kubeconfig: credentials("kubelet-client", `system:node:${nodeName}`, [NODE_GROUP]),
    ...(config.disabled.has("dns")
      ? {}
      : { dns: { kubeconfig: credentials("dns", "system:serviceaccount:kube-system:timonier-dns", []) } }),
    ...(config.disabled.has("proxy")
      ? {}
      : { proxy: { kubeconfig: credentials("kube-proxy", "system:kube-proxy", []), network: network.base } }),
  });
  const agent = startAgentProcess({
    configFile,
    logFile: directory.agentLog,
    onDns: (port) => void announceDns(options, port),
    clock,
    logger,
  });
  const apiServer = pki.client("apiserver-kubelet-client", "kube-apiserver-kubelet-client", ["kubeadm:cluster-admins"]);
  const kubelet = {
    server: `https://${nodeAddress}:${NODE_API_PORT}`,
    ca: pki.ca,
    certificate: apiServer.certificate,
    key: apiServer.key,
  };
  const client = wireClient(kubelet);
  const credulous = wireClient({ ...kubelet, insecure: true });
  const origins = originClient();
  return {
    agent,
    dial: ({ insecure = false } = {}) => (insecure ? credulous : client).handle,
    dialAddress: (origin) => origins.dial(origin),
    async stop() {
      await agent.stop();
      client.close();
      credulous.close();
      origins.close();
    },
  };
}

async function announceDns({ client, config, nodeAddress, logger }: RealNodeOptions, port: number): Promise<void> {
  try {
    await ensureDnsService(client, { address: dnsAddressOf(config.serviceCidr) });
    await ensureDnsEndpoint(client, { nodeName: config.nodeName, address: nodeAddress, port });
  } catch (error) {
    logger.error("the cluster's DNS cannot be found: its Service was not written", { error: String(error) });
  }
}

/**
 * Ends what runs on the node and takes away what it left: containers, mounts, network. Idempotent, also after a crash.
 * `deleteFiles`: images and volumes, too.
 */
export async function releaseNode(
  directory: DataDirectory,
  options: { deleteFiles: boolean; clock: Clock; logger: Logger },
): Promise<void> {
  await releaseContainerd({
    ...options,
    dataDirectory: directory.agent,
    cgroupRoot: cgroupRootOf(directory.agent),
    mountDirectories: [HOST_PATHS.kubelet],
    graceMs: RELEASE_GRACE_MS,
  });
  await tearDownNodeNetwork({ recordFile: recordFileOf(directory) });
  if (options.deleteFiles) await releaseHostPaths(directory.agent);
}

const AGENT_GRACE_MS = 15_000;
const AGENT_POLL_MS = 50;

/** Ends agents that outlived their server: their command line names this directory's configuration. */
export async function endAgents(directory: DataDirectory, clock: Clock): Promise<void> {
  const pids = processesNaming(agentConfigFile(directory.agent));
  for (const pid of pids) signal(pid, "SIGTERM");
  const deadline = clock.monotonic() + AGENT_GRACE_MS;
  while (processesNaming(agentConfigFile(directory.agent)).length > 0 && clock.monotonic() < deadline)
    await sleep(clock, AGENT_POLL_MS);
  for (const pid of processesNaming(agentConfigFile(directory.agent))) signal(pid, "SIGKILL");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile.
  }
}
