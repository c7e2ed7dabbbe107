/** Records of Services and of their endpoints. */
import type { Answer } from "dns-packet";
import { isAddress } from "../../api/addresses.ts";
import type { Service } from "../../api/core/service.ts";
import type { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import type { Endpoint } from "../../api/generated/discovery-v1.ts";
import { namespaceOf } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { ClusterNames } from "./cluster-names.ts";
import { addressRecords, MISSING, NOTHING, TTL_SECONDS, type Zone, type ZoneAnswer, type ZoneQuestion } from "./zone.ts";

type Slices = readonly DeepReadonly<EndpointSlice>[];

/** One target of an SRV record. */
interface Target {
  name: string;
  port: number;
  addresses: readonly string[];
}

interface PortPattern {
  /** Undefined: any. */
  port?: string;
  protocol?: string;
}

/** SRV weights are relative; CoreDNS shares out a hundred. */
const TOTAL_WEIGHT = 100;

const isHeadless = ({ spec }: DeepReadonly<Service>): boolean => spec.clusterIP === "None";

/** Where a Service publishes addresses that are not ready, its controller says that they are. */
const isPublished = ({ conditions }: DeepReadonly<Endpoint>): boolean => conditions?.ready !== false;

/** An endpoint's own label: the Pod's hostname, or its address with dashes. */
export const endpointLabel = ({ hostname, addresses }: DeepReadonly<Endpoint>): string =>
  (hostname || (addresses[0] ?? "").replace(/[.:]/g, "-")).toLowerCase();

export const serviceDomain = (zone: Zone, namespace: string, service: string): string =>
  `${service}.${namespace}.svc.${zone.domain}`;

const publishedAddresses = (slices: Slices, label?: string): Set<string> =>
  new Set(
    slices.flatMap(({ endpoints }) =>
      (endpoints ?? [])
        .filter((endpoint) => isPublished(endpoint) && (label === undefined || endpointLabel(endpoint) === label))
        .flatMap(({ addresses }) => addresses),
    ),
  );

/** `labels` stand before `svc`. */
export function serviceNameAnswer(
  zone: Zone,
  labels: readonly string[],
  question: ZoneQuestion,
  cluster: ClusterNames,
): ZoneAnswer {
  const [namespace, name, ...rest] = labels.toReversed();
  if (namespace === undefined) return NOTHING;
  if (name === undefined) return cluster.hasNamespace(namespace) ? NOTHING : MISSING;
  const service = cluster.service(namespace, name);
  if (service === undefined) return MISSING;
  if (service.spec.type === "ExternalName") return rest.length > 0 ? MISSING : aliasAnswer(service, question);
  const slices = cluster.slicesOf(namespace, name);
  const [first, second, ...more] = rest;
  if (first === undefined) return wholeServiceAnswer(zone, service, slices, question);
  if (more.length > 0) return MISSING;
  if (first.startsWith("_")) return portAnswer(zone, service, slices, question, { protocol: first, port: second });
  return second === undefined ? endpointAnswer(slices, first, question) : MISSING;
}

function aliasAnswer({ spec }: DeepReadonly<Service>, { name, type }: ZoneQuestion): ZoneAnswer {
  const target = (spec.externalName ?? "").replace(/\.$/, "");
  if (isAddress(target)) return { kind: "found", answers: addressRecords(name, type, [target]) };
  return { kind: "alias", record: { name, type: "CNAME", ttl: TTL_SECONDS, data: target }, target: target.toLowerCase() };
}

function wholeServiceAnswer(zone: Zone, service: DeepReadonly<Service>, slices: Slices, question: ZoneQuestion): ZoneAnswer {
  if (question.type === "SRV") return targetAnswer(question, targets(zone, service, slices, {}));
  const addresses = isHeadless(service) ? publishedAddresses(slices) : clusterAddresses(service);
  return { kind: "found", answers: addressRecords(question.name, question.type, addresses) };
}

const clusterAddresses = ({ spec }: DeepReadonly<Service>): readonly string[] => spec.clusterIPs ?? [spec.clusterIP ?? ""];

function endpointAnswer(slices: Slices, label: string, { name, type }: ZoneQuestion): ZoneAnswer {
  const addresses = publishedAddresses(slices, label);
  return addresses.size === 0 ? MISSING : { kind: "found", answers: addressRecords(name, type, addresses) };
}

function portAnswer(
  zone: Zone,
  service: DeepReadonly<Service>,
  slices: Slices,
  question: ZoneQuestion,
  labels: { protocol: string; port: string | undefined },
): ZoneAnswer {
  if (labels.port !== undefined && !labels.port.startsWith("_")) return MISSING;
  const pattern: PortPattern = {
    protocol: labels.protocol.slice(1),
    ...(labels.port === undefined ? {} : { port: labels.port.slice(1) }),
  };
  const known = (service.spec.ports ?? []).some((port) => fits(port, pattern));
  if (!known) return MISSING;
  if (question.type !== "SRV" || labels.port === undefined) return NOTHING;
  return targetAnswer(question, targets(zone, service, slices, pattern));
}

const fits = ({ name, protocol }: { readonly name?: string; readonly protocol?: string }, pattern: PortPattern): boolean =>
  (pattern.port === undefined || (name ?? "") === pattern.port) &&
  (pattern.protocol === undefined || (protocol ?? "TCP").toLowerCase() === pattern.protocol);

/** Of a headless Service each endpoint by its own name; otherwise the Service. */
function targets(zone: Zone, service: DeepReadonly<Service>, slices: Slices, pattern: PortPattern): Target[] {
  const domain = serviceDomain(zone, namespaceOf(service), service.metadata.name);
  if (!isHeadless(service)) {
    const ports = (service.spec.ports ?? []).filter((port) => fits(port, pattern));
    return ports.map(({ port }) => ({ name: domain, port, addresses: clusterAddresses(service) }));
  }
  return slices.flatMap(({ ports, endpoints }) =>
    (ports ?? [])
      .filter((port) => fits(port, pattern))
      .flatMap(({ port }) =>
        (endpoints ?? [])
          .filter((endpoint) => port !== undefined && isPublished(endpoint))
          .map((endpoint) => ({
            name: `${endpointLabel(endpoint)}.${domain}`,
            port: port ?? 0,
            addresses: endpoint.addresses,
          })),
      ),
  );
}

function targetAnswer({ name }: ZoneQuestion, found: readonly Target[]): ZoneAnswer {
  const weight = Math.max(1, Math.floor(TOTAL_WEIGHT / Math.max(1, found.length)));
  const answers = found.map(
    ({ name: target, port }): Answer => ({
      name,
      type: "SRV",
      ttl: TTL_SECONDS,
      data: { target, port, priority: 0, weight },
    }),
  );
  const addresses = new Map(found.map((target) => [target.name, target.addresses]));
  const additionals = [...addresses].flatMap(([target, list]) => [
    ...addressRecords(target, "A", list),
    ...addressRecords(target, "AAAA", list),
  ]);
  return { kind: "found", answers, additionals };
}
