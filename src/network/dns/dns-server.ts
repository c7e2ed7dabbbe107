/**
 * The cluster's DNS of one node: answers from informers, and forwards what is not the cluster's to the node's own resolvers.
 *
 * It listens at the node's address; the Service kube-system/kube-dns leads there (cluster-objects.ts).
 * https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
 */
import { networkInterfaces } from "node:os";
import type { Clock } from "../../base/clock.ts";
import type { Entropy } from "../../base/entropy.ts";
import { ipv4Range, isInIpv4Range } from "../../base/ipv4.ts";
import type { Logger } from "../../base/logger.ts";
import type { Informers } from "../../client/informer.ts";
import { followClusterNames } from "./cluster-names.ts";
import { createForwarder } from "./forwarder.ts";
import { nodeResolvers } from "./resolv-conf.ts";
import { createResponder } from "./responder.ts";
import { openDnsSockets } from "./sockets.ts";

export interface DnsServerOptions {
  informers: Informers;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
  /** Where to listen: the node's address. */
  listenAddress: string;
  /** Another free one is taken where this is in use. Default: DEFAULT_DNS_PORT. */
  port?: number;
  /** The address of the Service: 10.96.0.10. */
  serviceAddress: string;
  /** cluster.local */
  clusterDomain: string;
  /** The Pod and Service ranges: who has an address of theirs is answered, and no question about one is forwarded. */
  ranges: readonly string[];
  /** Default: /etc/resolv.conf. */
  resolvConf?: string;
  /** Port of the node's resolvers. Default: 53. */
  resolverPort?: number;
}

export interface DnsServer {
  /** The port that was taken, for UDP and TCP. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Not 53, which a resolver of the machine may hold on all addresses. */
const DEFAULT_DNS_PORT = 10_053;

/**
 * Pods and the machine itself are answered. At a LAN address we would otherwise be everybody's resolver. The machine's addresses change,
 * so they are looked up, but only for who is no Pod.
 */
const isOwnAddress = (address: string): boolean =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some((own) => own.address === address));

/** Resolves when it can answer: all that is in the cluster is known. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { informers, clock, entropy, logger, listenAddress, serviceAddress, clusterDomain, ranges } = options;
  const cluster = followClusterNames(informers);
  await informers.synced();
  const own = new Set([listenAddress, serviceAddress]);
  const forward = createForwarder({
    resolvers: nodeResolvers(options.resolvConf ?? "/etc/resolv.conf", own, clock),
    clock,
    entropy,
    ...(options.resolverPort === undefined ? {} : { port: options.resolverPort }),
  });
  const zone = {
    domain: clusterDomain.toLowerCase(),
    address: serviceAddress,
    ranges,
    serial: Math.floor(clock.now() / 1000) % 2 ** 32,
  };
  const responder = createResponder({ zone, cluster, forward });
  const sockets = await openDnsSockets({
    address: listenAddress,
    port: options.port ?? DEFAULT_DNS_PORT,
    responder,
    isClient: (address) => ranges.some((range) => isInIpv4Range(address, ipv4Range(range))) || isOwnAddress(address),
    clock,
    logger,
  });
  return { port: sockets.port, stop: () => sockets.close() };
}
