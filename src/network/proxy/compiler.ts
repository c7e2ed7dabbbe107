/**
 * From a Service and its EndpointSlices to rules: pure, and deterministic to the letter.
 *
 * A Service address is one element of a map that every new connection looks up; it leads to the chain of that port, which picks an
 * endpoint and translates. So the cost of a connection does not grow with the number of Services. Chains of a port:
 *
 *   internal/…  entry of the cluster address            external/…  entry of node ports, external and load-balancer addresses
 *   cluster/…   picks among endpoints of all nodes      local/…     picks among those of this node
 *   firewall/…  entry of a load balancer's address with source ranges
 *   endpoint/…  with session affinity: remembers the client in affinity/…, then translates
 *
 * https://kubernetes.io/docs/reference/networking/virtual-ips/
 */

import { cidrErrors } from "../../api/addresses.ts";
import type { Service } from "../../api/core/service.ts";
import type { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import type { ServicePort } from "../../api/generated/core-v1.ts";
import { keyOf } from "../../api/meta.ts";
import { isIPv4 } from "../../api/names.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import {
  HAIRPIN,
  MARK_FOR_MASQUERADE,
  NODE_PORTS,
  REFUSE,
  SERVICE_ADDRESSES,
  UNSERVED_ADDRESSES,
  UNSERVED_NODE_PORTS,
} from "../node/base-ruleset.ts";
import { chooseEndpoints, type EndpointChoice, type EndpointChoiceOptions } from "./endpoints.ts";
import { type DatagramRoute, type LoopbackPort, NO_RULES, type ProxyEndpoint, type ServiceRules } from "./model.ts";

export interface CompilerOptions extends EndpointChoiceOptions {
  podCidr: string;
}

/** Where it is set, another proxy serves this Service. */
const PROXY_NAME_LABEL = "service.kubernetes.io/service-proxy-name";
const DEFAULT_AFFINITY_SECONDS = 10_800;

/** Rules in the making. */
interface Draft {
  readonly chains: Map<string, readonly string[]>;
  readonly affinitySets: Set<string>;
  readonly elements: Map<string, string>;
  readonly loopbackPorts: LoopbackPort[];
  readonly datagramRoutes: DatagramRoute[];
}

/** What all rules of one port need to know. */
interface PortContext {
  readonly draft: Draft;
  readonly service: DeepReadonly<Service>;
  readonly options: CompilerOptions;
  readonly choice: EndpointChoice;
  readonly affinitySeconds: number | undefined;
  /** For keys and rules: tcp, udp, sctp. */
  readonly protocol: string;
  readonly port: number;
  readonly nodePort: number | undefined;
  /** The end of its chains' names. */
  readonly name: string;
}

/** Whether the proxy has anything to do for it: headless and ExternalName Services are DNS alone. */
function isProxied({ spec, metadata }: DeepReadonly<Service>): boolean {
  if (spec.type === "ExternalName" || !spec.clusterIP || spec.clusterIP === "None") return false;
  return metadata.labels?.[PROXY_NAME_LABEL] === undefined;
}

function affinitySecondsOf({ spec }: DeepReadonly<Service>): number | undefined {
  if (spec.sessionAffinity !== "ClientIP") return undefined;
  return spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS;
}

export function compileService(
  service: DeepReadonly<Service>,
  slices: readonly DeepReadonly<EndpointSlice>[],
  options: CompilerOptions,
): ServiceRules {
  if (!isProxied(service)) return NO_RULES;
  const draft: Draft = {
    chains: new Map(),
    affinitySets: new Set(),
    elements: new Map(),
    loopbackPorts: [],
    datagramRoutes: [],
  };
  for (const port of service.spec.ports ?? []) compilePort(contextOf({ draft, service, options }, port, slices));
  return draft;
}

function contextOf(
  common: Pick<PortContext, "draft" | "service" | "options">,
  servicePort: DeepReadonly<ServicePort>,
  slices: readonly DeepReadonly<EndpointSlice>[],
): PortContext {
  const protocol = (servicePort.protocol ?? "TCP").toLowerCase();
  return {
    ...common,
    choice: chooseEndpoints(servicePort, slices, common.options),
    affinitySeconds: affinitySecondsOf(common.service),
    protocol,
    port: servicePort.port,
    nodePort: servicePort.nodePort || undefined,
    name: `${keyOf(common.service)}/${protocol}/${servicePort.port}`,
  };
}

function compilePort(context: PortContext): void {
  const { draft, service, options, choice } = context;
  if (choice.cluster.length > 0) compileSelection(context, "cluster", choice.cluster);
  const { internalTrafficPolicy, externalTrafficPolicy } = service.spec;
  const anyLocal = internalTrafficPolicy === "Local" || externalTrafficPolicy === "Local";
  if (anyLocal && choice.local.length > 0) compileSelection(context, "local", choice.local);
  // Any Pod of this node that is an endpoint may call itself through the Service.
  for (const { ip } of choice.local) draft.elements.set(`${HAIRPIN} ${ip} . ${ip}`, "");
  compileInternal(context, `ip saddr != ${options.podCidr} ${MARK_FOR_MASQUERADE}`);
  compileExternal(context);
  compileNodePort(context);
}

/** The chain that picks one of `endpoints` and translates. */
function compileSelection(context: PortContext, kind: "cluster" | "local", endpoints: readonly ProxyEndpoint[]): void {
  const { draft, name, affinitySeconds } = context;
  draft.chains.set(
    `${kind}/${name}`,
    affinitySeconds === undefined
      ? [translation(context.protocol, endpoints)]
      : stickyTranslation(context, endpoints, affinitySeconds),
  );
}

function translation(protocol: string, endpoints: readonly ProxyEndpoint[]): string {
  const [first] = endpoints;
  const guard = `meta l4proto ${protocol} dnat ip to`;
  if (endpoints.length === 1 && first !== undefined) return `${guard} ${first.ip}:${first.port}`;
  const entries = endpoints.map(({ ip, port }, index) => `${index} : ${ip} . ${port}`);
  return `${guard} numgen random mod ${endpoints.length} map { ${entries.join(", ")} }`;
}

/** A client that an endpoint knows goes there again; others are spread, and remembered. */
function stickyTranslation(context: PortContext, endpoints: readonly ProxyEndpoint[], affinitySeconds: number): string[] {
  const { draft, name, protocol } = context;
  const known: string[] = [];
  const entries = endpoints.map((endpoint, index) => {
    const end = `${name}/${endpoint.ip}/${endpoint.port}`;
    draft.affinitySets.add(`affinity/${end}`);
    draft.chains.set(`endpoint/${end}`, [
      `update @affinity/${end} { ip saddr timeout ${affinitySeconds}s }`,
      translation(protocol, [endpoint]),
    ]);
    known.push(`ip saddr @affinity/${end} goto endpoint/${end}`);
    return `${index} : goto endpoint/${end}`;
  });
  return [...known, `numgen random mod ${endpoints.length} vmap { ${entries.join(", ")} }`];
}

/** Without any endpoint a connection is refused; with some, but none that the traffic policy allows, it is dropped, as upstream does. */
const unservedVerdict = ({ choice }: PortContext): string => (choice.cluster.length > 0 ? "drop" : `goto ${REFUSE}`);

function compileInternal(context: PortContext, masquerade: string): void {
  const { draft, service, choice, name, protocol, port } = context;
  const kind = service.spec.internalTrafficPolicy === "Local" ? "local" : "cluster";
  const endpoints = choice[kind];
  if (endpoints.length > 0) draft.chains.set(`internal/${name}`, [masquerade, `goto ${kind}/${name}`]);
  for (const address of (service.spec.clusterIPs ?? [service.spec.clusterIP ?? ""]).filter(isIPv4)) {
    const key = `${protocol} . ${address} . ${port}`;
    if (endpoints.length > 0) draft.elements.set(`${SERVICE_ADDRESSES} ${key}`, `goto internal/${name}`);
    else draft.elements.set(`${UNSERVED_ADDRESSES} ${key}`, unservedVerdict(context));
    if (protocol === "udp") draft.datagramRoutes.push({ address, port, endpoints });
  }
}

const isLocalOnly = ({ service }: PortContext): boolean => service.spec.externalTrafficPolicy === "Local";

/** Whether packets from outside have an endpoint. Pods and the node itself reach all endpoints in any case. */
const isServedOutside = (context: PortContext): boolean =>
  (isLocalOnly(context) ? context.choice.local : context.choice.cluster).length > 0;

/** The chain of everything that comes in from outside; keeps the client's address only where the endpoint is on this node. */
function externalRules(context: PortContext): readonly string[] {
  const { name, options } = context;
  if (!isLocalOnly(context)) return [MARK_FOR_MASQUERADE, `goto cluster/${name}`];
  return [
    `ip saddr ${options.podCidr} goto cluster/${name}`,
    `fib saddr type local ${MARK_FOR_MASQUERADE} goto cluster/${name}`,
    ...(isServedOutside(context) ? [`goto local/${name}`] : []),
  ];
}

function compileExternal(context: PortContext): void {
  const { draft, service, choice, name, nodePort } = context;
  const addresses = (service.spec.externalIPs ?? []).filter(isIPv4);
  const balanced = (service.status?.loadBalancer?.ingress ?? [])
    .filter(({ ipMode }) => ipMode !== "Proxy")
    .flatMap(({ ip }) => (ip !== undefined && isIPv4(ip) ? [ip] : []));
  if (addresses.length === 0 && balanced.length === 0 && nodePort === undefined) return;
  if (choice.cluster.length > 0) draft.chains.set(`external/${name}`, externalRules(context));
  for (const address of addresses) compileExternalAddress(context, address, `external/${name}`);
  const ranges = (service.spec.loadBalancerSourceRanges ?? []).filter((range) => cidrErrors(range).length === 0);
  if (ranges.length > 0 && balanced.length > 0 && choice.cluster.length > 0)
    draft.chains.set(`firewall/${name}`, [`ip saddr { ${ranges.join(", ")} } goto external/${name}`]);
  const entry = ranges.length > 0 ? `firewall/${name}` : `external/${name}`;
  for (const address of balanced) compileExternalAddress(context, address, entry);
}

function compileExternalAddress(context: PortContext, address: string, entry: string): void {
  const { draft, choice, protocol, port } = context;
  const key = `${protocol} . ${address} . ${port}`;
  if (choice.cluster.length > 0) draft.elements.set(`${SERVICE_ADDRESSES} ${key}`, `goto ${entry}`);
  if (!isServedOutside(context) || entry.startsWith("firewall/"))
    draft.elements.set(`${UNSERVED_ADDRESSES} ${key}`, unservedVerdict(context));
  if (protocol === "udp") draft.datagramRoutes.push({ address, port, endpoints: choice.cluster });
}

function compileNodePort(context: PortContext): void {
  const { draft, choice, name, protocol, nodePort, affinitySeconds } = context;
  if (nodePort === undefined) return;
  const key = `${protocol} . ${nodePort}`;
  if (choice.cluster.length > 0) draft.elements.set(`${NODE_PORTS} ${key}`, `goto external/${name}`);
  if (!isServedOutside(context)) draft.elements.set(`${UNSERVED_NODE_PORTS} ${key}`, unservedVerdict(context));
  if (protocol === "udp") draft.datagramRoutes.push({ address: undefined, port: nodePort, endpoints: choice.cluster });
  if (protocol === "tcp" && choice.cluster.length > 0)
    draft.loopbackPorts.push({ port: nodePort, endpoints: choice.cluster, affinitySeconds });
}
