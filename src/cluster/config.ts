/** What a cluster is made of: the options of `timonier up`, with their defaults, checked before anything is touched. */

import { isIPv4 } from "../api/names.ts";
import { ipv4Range, ipv4Text } from "../base/ipv4.ts";

export type RuntimeChoice = "auto" | "containerd" | "simulated";

const COMPONENTS = ["scheduler", "controllers", "proxy", "dns"] as const;
export type Component = (typeof COMPONENTS)[number];

export interface ClusterConfig {
  dataDirectory: string;
  port: number;
  /** Where the API is served besides the node's own address. */
  bindAddress: string;
  /** The node's address; a fixed private one on a device of our own unless given. */
  nodeAddress: string | undefined;
  nodeName: string;
  runtime: RuntimeChoice;
  /** A CRI socket that is there already, instead of a containerd of our own. */
  runtimeEndpoint: string | undefined;
  /** For RuntimeClasses: containerd's runtime type by the handler's name. */
  runtimeHandlers: Readonly<Record<string, string>>;
  simulatedNodes: number;
  podCidr: string;
  serviceCidr: string;
  clusterDomain: string;
  serviceAccountIssuer: string;
  kubeconfig: string;
  disabled: ReadonlySet<Component>;
}

/** A wrong option. The message says which, and what it takes. */
class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const DEFAULT_PORT = 6443;
const DEFAULT_POD_CIDR = "10.244.0.0/16";
/** Room for thousands of simulated nodes. */
export const LARGE_POD_CIDR = "10.128.0.0/9";
export const DEFAULT_SERVICE_CIDR = "10.96.0.0/16";
export const DEFAULT_CLUSTER_DOMAIN = "cluster.local";
/** The address of the only node, on a device of our own: a changed network breaks nothing. */
export const OWN_NODE_ADDRESS = "10.95.0.1";
/** Nodes that fit into the default range of Pod addresses. */
const NODES_OF_DEFAULT_RANGE = 256;
const MAX_SIMULATED_NODES = 10_000;
const MAX_NAME_LENGTH = 253;

export interface RawOptions {
  dataDir?: string;
  port?: string;
  bindAddress?: string;
  nodeIp?: string;
  nodeName?: string;
  runtime?: string;
  runtimeEndpoint?: string;
  runtimeHandler?: readonly string[];
  simulatedNodes?: string;
  podCidr?: string;
  serviceCidr?: string;
  clusterDomain?: string;
  serviceAccountIssuer?: string;
  kubeconfig?: string;
  disable?: string;
}

export interface Surroundings {
  hostname: string;
  defaultDataDirectory: string;
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new ConfigError(`${option} takes a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
  return value;
}

function address(option: string, text: string): string {
  if (!isIPv4(text)) throw new ConfigError(`${option} takes an IPv4 address such as 192.0.2.7, not ${JSON.stringify(text)}`);
  return text;
}

function cidr(option: string, text: string, longest: number): string {
  const [base = "", length = ""] = text.split("/");
  const bits = /^\d+$/.test(length) ? Number(length) : -1;
  if (!isIPv4(base) || bits < 8 || bits > longest)
    throw new ConfigError(
      `${option} takes an IPv4 range from /8 to /${longest} such as 10.244.0.0/16, not ${JSON.stringify(text)}`,
    );
  const start = ipv4Text(ipv4Range(text).start);
  if (start !== base) throw new ConfigError(`${option}: ${text} is not the start of a range; did you mean ${start}/${bits}?`);
  return text;
}

function components(text: string): ReadonlySet<Component> {
  const names = text.split(",").filter(Boolean);
  const unknown = names.find((name) => !(COMPONENTS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new ConfigError(
      `--disable takes some of ${COMPONENTS.join(", ")}, separated by commas, not ${JSON.stringify(unknown)}`,
    );
  return new Set(names as Component[]);
}

function runtimeChoice(text: string): RuntimeChoice {
  if (text === "auto" || text === "containerd" || text === "simulated") return text;
  throw new ConfigError(`--runtime takes auto, containerd or simulated, not ${JSON.stringify(text)}`);
}

/** `name=type`, as a RuntimeClass and containerd call them. https://kubernetes.io/docs/concepts/containers/runtime-class/ */
function runtimeHandlers(texts: readonly string[], hasOwnContainerd: boolean): Record<string, string> {
  if (texts.length > 0 && !hasOwnContainerd)
    throw new ConfigError("--runtime-handler is for Timonier's own containerd; with --runtime-endpoint, configure that runtime");
  const handlers: Record<string, string> = {};
  for (const text of texts) {
    const [, name, type] = /^([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)=([\w.-]+)$/.exec(text) ?? [];
    if (name === undefined || type === undefined || name === "runc")
      throw new ConfigError(
        `--runtime-handler takes name=type such as gvisor=io.containerd.runsc.v1, not ${JSON.stringify(text)}`,
      );
    handlers[name] = type;
  }
  return handlers;
}

/** Node names are names of objects. */
const nodeNameOf = (hostname: string): string =>
  hostname
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "") || "node";

function nodeName(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text) || text.length > MAX_NAME_LENGTH)
    throw new ConfigError(`--node-name takes a DNS name such as node-1, not ${JSON.stringify(text)}`);
  return text;
}

/** First and last address of a range, as numbers. */
function boundsOf(range: string): readonly [first: number, last: number] {
  const [base = "", bits = ""] = range.split("/");
  const first = base.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}

/** Packets for one would be taken for packets for the other. */
function refuseOverlap(podCidr: string, serviceCidr: string): void {
  const [pods, services] = [boundsOf(podCidr), boundsOf(serviceCidr)];
  if (pods[0] <= services[1] && services[0] <= pods[1])
    throw new ConfigError(`--pod-cidr ${podCidr} and --service-cidr ${serviceCidr} overlap: choose ranges that do not`);
}

export function clusterConfig(raw: RawOptions, { hostname, defaultDataDirectory }: Surroundings): ClusterConfig {
  const dataDirectory = raw.dataDir ?? defaultDataDirectory;
  const simulatedNodes = wholeNumber("--simulated-nodes", raw.simulatedNodes ?? "1", 0, MAX_SIMULATED_NODES);
  const clusterDomain = raw.clusterDomain ?? DEFAULT_CLUSTER_DOMAIN;
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(clusterDomain))
    throw new ConfigError(`--cluster-domain takes a DNS name such as cluster.local, not ${JSON.stringify(clusterDomain)}`);
  const largeEnough = simulatedNodes > NODES_OF_DEFAULT_RANGE ? LARGE_POD_CIDR : DEFAULT_POD_CIDR;
  const podCidr = cidr("--pod-cidr", raw.podCidr ?? largeEnough, 24);
  const serviceCidr = cidr("--service-cidr", raw.serviceCidr ?? DEFAULT_SERVICE_CIDR, 28);
  refuseOverlap(podCidr, serviceCidr);
  return {
    dataDirectory,
    port: wholeNumber("--port", raw.port ?? String(DEFAULT_PORT), 0, 65_535),
    bindAddress: address("--bind-address", raw.bindAddress ?? "127.0.0.1"),
    nodeAddress: raw.nodeIp === undefined ? undefined : address("--node-ip", raw.nodeIp),
    nodeName: raw.nodeName === undefined ? nodeNameOf(hostname) : nodeName(raw.nodeName),
    runtime: runtimeChoice(raw.runtime ?? (raw.simulatedNodes === undefined ? "auto" : "simulated")),
    runtimeEndpoint: raw.runtimeEndpoint?.replace(/^unix:\/\//, ""),
    runtimeHandlers: runtimeHandlers(raw.runtimeHandler ?? [], raw.runtimeEndpoint === undefined),
    simulatedNodes,
    podCidr,
    serviceCidr,
    clusterDomain,
    serviceAccountIssuer: raw.serviceAccountIssuer ?? `https://kubernetes.default.svc.${clusterDomain}`,
    kubeconfig: raw.kubeconfig ?? `${dataDirectory}/kubeconfig`,
    disabled: components(raw.disable ?? ""),
  };
}
