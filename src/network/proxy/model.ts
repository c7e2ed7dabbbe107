/**
 * What one Service needs of the proxy, as data: the compiler makes it, the table merges it, the applier and the relays carry it out.
 *
 * Names of chains and sets hold the Service's namespace and name, so two Services never share one; elements of the base's maps may be
 * claimed by several.
 */
export interface ProxyEndpoint {
  readonly ip: string;
  readonly port: number;
}

/** A NodePort on loopback: relayed by the agent, because the kernel translates no loopback addresses. */
export interface LoopbackPort {
  readonly port: number;
  readonly endpoints: readonly ProxyEndpoint[];
  /** With session affinity: for how long the client keeps its endpoint. */
  readonly affinitySeconds: number | undefined;
}

/** Where UDP packets of a Service go. The kernel's connection tracking would send known senders to an endpoint that is gone. */
export interface DatagramRoute {
  /** An address, or undefined for a node port. */
  readonly address: string | undefined;
  readonly port: number;
  readonly endpoints: readonly ProxyEndpoint[];
}

export interface ServiceRules {
  /** Rules by chain. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Sets of client addresses that stay with an endpoint. */
  readonly affinitySets: ReadonlySet<string>;
  /** Verdicts by `MAP KEY`; empty for elements of sets. */
  readonly elements: ReadonlyMap<string, string>;
  readonly loopbackPorts: readonly LoopbackPort[];
  readonly datagramRoutes: readonly DatagramRoute[];
}

export const NO_RULES: ServiceRules = {
  chains: new Map(),
  affinitySets: new Set(),
  elements: new Map(),
  loopbackPorts: [],
  datagramRoutes: [],
};
