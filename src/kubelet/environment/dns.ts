/**
 * Name resolution of a Pod, and its own name.
 * https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
 */
import { isOnHostNetwork, type ReadonlyPod } from "../pod/containers.ts";

export interface DnsConfig {
  servers: readonly string[];
  searches: readonly string[];
  options: readonly string[];
}

export interface ClusterDns {
  /** Addresses of the cluster's DNS; empty where there is none. */
  servers: readonly string[];
  domain: string;
  /** What the node itself uses. */
  host: DnsConfig;
}

/** The C library takes no more. */
const MOST_SERVERS = 3;
const MOST_SEARCHES = 32;

const unique = (items: readonly string[]): string[] => [...new Set(items)];

function ofPolicy(pod: ReadonlyPod, cluster: ClusterDns): DnsConfig {
  const { dnsPolicy } = pod.spec;
  if (dnsPolicy === "None") return { servers: [], searches: [], options: [] };
  const isClusterFirst = dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy !== "Default" && !isOnHostNetwork(pod));
  if (!isClusterFirst || cluster.servers.length === 0) return cluster.host;
  const { domain } = cluster;
  const searches = [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain, ...cluster.host.searches];
  return { servers: cluster.servers, searches: unique(searches), options: ["ndots:5"] };
}

export function dnsOf(pod: ReadonlyPod, cluster: ClusterDns): DnsConfig {
  const base = ofPolicy(pod, cluster);
  const { nameservers = [], searches = [], options = [] } = pod.spec.dnsConfig ?? {};
  const named = new Map<string, string>();
  for (const option of base.options) named.set(option.split(":")[0] ?? "", option);
  for (const { name = "", value } of options) named.set(name, value === undefined ? name : `${name}:${value}`);
  return {
    servers: unique([...base.servers, ...nameservers]).slice(0, MOST_SERVERS),
    searches: unique([...base.searches, ...searches]).slice(0, MOST_SEARCHES),
    options: [...named.values()],
  };
}

const MOST_HOSTNAME = 63;

/** The short name and the domain behind it (empty where it has none). */
function podHostname(pod: ReadonlyPod, clusterDomain: string): { hostname: string; domain: string } {
  const { spec, metadata } = pod;
  if (spec.hostnameOverride !== undefined) return { hostname: spec.hostnameOverride, domain: "" };
  const hostname = spec.hostname || metadata.name.slice(0, MOST_HOSTNAME).replace(/[-.]+$/, "");
  return { hostname, domain: spec.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : "" };
}

/**
 * What `hostname` prints inside; empty leaves the host's own name, which a Pod on the host's network shares and could only change for
 * everybody. A name of which the kernel cannot hold the whole is an error.
 */
export function sandboxHostname(pod: ReadonlyPod, clusterDomain: string): string {
  if (isOnHostNetwork(pod)) return "";
  const { hostname, domain } = podHostname(pod, clusterDomain);
  if (!pod.spec.setHostnameAsFQDN || domain === "") return hostname;
  const full = `${hostname}.${domain}`;
  if (full.length > 64)
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (64 characters is the max, ${full.length} characters requested)`,
    );
  return full;
}

const HOSTS_HEAD = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;

/** The Pod's /etc/hosts; `hostFile` is the node's, for Pods on its network. */
export function hostsFile(pod: ReadonlyPod, podIps: readonly string[], clusterDomain: string, hostFile: string): string {
  const { hostname, domain } = podHostname(pod, clusterDomain);
  const names = domain === "" ? hostname : `${hostname}.${domain}\t${hostname}`;
  const base = isOnHostNetwork(pod)
    ? `# Kubernetes-managed hosts file (host network).\n${hostFile}`
    : HOSTS_HEAD + podIps.map((ip) => `${ip}\t${names}\n`).join("");
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}\n`);
  return aliases.length === 0 ? base : `${base}\n# Entries added by HostAliases.\n${aliases.join("")}`;
}
