/**
 * Which endpoints of a Service port get new connections.
 *
 * Ready ones; where none is ready, those that still serve while they terminate, so that the last Pod of a rollout answers to its end.
 * https://kubernetes.io/docs/concepts/services-networking/service/#traffic-policies, KEP-1669
 */

import type { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import type { ServicePort } from "../../api/generated/core-v1.ts";
import type { Endpoint } from "../../api/generated/discovery-v1.ts";
import { isIPv4 } from "../../api/names.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { ProxyEndpoint } from "./model.ts";

export interface EndpointChoice {
  /** On any node. */
  readonly cluster: readonly ProxyEndpoint[];
  /** On this node. */
  readonly local: readonly ProxyEndpoint[];
}

export interface EndpointChoiceOptions {
  nodeName: string;
  /** A Pod that this node is about to end, though its slices may not say so yet. */
  isWithdrawn?: (podUid: string) => boolean;
}

interface Candidate extends ProxyEndpoint {
  readonly ready: boolean;
  /** Serves while it terminates. */
  readonly ending: boolean;
  readonly local: boolean;
}

type SlicePort = DeepReadonly<EndpointSlice["ports"]>[number];

function candidateOf(endpoint: DeepReadonly<Endpoint>, ip: string, port: number, options: EndpointChoiceOptions): Candidate {
  const { conditions = {}, targetRef, nodeName } = endpoint;
  const withdrawn = targetRef?.uid !== undefined && (options.isWithdrawn?.(targetRef.uid) ?? false);
  return {
    ip,
    port,
    ready: !withdrawn && conditions.ready !== false,
    ending: (conditions.serving ?? true) && (withdrawn || conditions.terminating === true),
    local: nodeName === options.nodeName,
  };
}

const isPortOf = (servicePort: DeepReadonly<ServicePort>, { name, protocol }: SlicePort): boolean =>
  (name ?? "") === (servicePort.name ?? "") && (protocol ?? "TCP") === (servicePort.protocol ?? "TCP");

function* candidates(
  servicePort: DeepReadonly<ServicePort>,
  slices: Iterable<DeepReadonly<EndpointSlice>>,
  options: EndpointChoiceOptions,
): Generator<Candidate> {
  for (const { addressType, ports, endpoints } of slices) {
    const port = addressType === "IPv4" ? (ports ?? []).find((each) => isPortOf(servicePort, each))?.port : undefined;
    if (port === undefined) continue;
    for (const endpoint of endpoints ?? []) {
      const [ip = ""] = endpoint.addresses;
      if (isIPv4(ip)) yield candidateOf(endpoint, ip, port, options);
    }
  }
}

const byAddress = (a: ProxyEndpoint, b: ProxyEndpoint): number => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : a.port - b.port);

/** In a fixed order, each once: an object that moves between two slices is in both for a moment. */
function distinct(found: readonly Candidate[]): readonly ProxyEndpoint[] {
  const unique = new Map(found.map(({ ip, port }) => [`${ip}:${port}`, { ip, port }]));
  return [...unique.values()].sort(byAddress);
}

function usable(all: readonly Candidate[]): readonly ProxyEndpoint[] {
  const ready = all.filter((candidate) => candidate.ready);
  return distinct(ready.length > 0 ? ready : all.filter((candidate) => candidate.ending));
}

export function chooseEndpoints(
  servicePort: DeepReadonly<ServicePort>,
  slices: Iterable<DeepReadonly<EndpointSlice>>,
  options: EndpointChoiceOptions,
): EndpointChoice {
  const all = [...candidates(servicePort, slices, options)];
  return { cluster: usable(all), local: usable(all.filter(({ local }) => local)) };
}
