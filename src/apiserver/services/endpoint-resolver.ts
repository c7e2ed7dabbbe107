/**
 * From a Service to the addresses of its ready endpoints: for proxied requests, and for whoever in this server speaks to a Service.
 * Reads EndpointSlices of the Service's first address family.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
 */
import { Endpoints } from "../../api/core/endpoints.ts";
import { Service } from "../../api/core/service.ts";
import { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import { serviceUnavailable } from "../../api/errors.ts";
import type { AnyResource } from "../../api/row.ts";
import { type Entropy, randomInteger } from "../../base/entropy.ts";
import type { Caches } from "../cache/caches.ts";
import type { RowCache } from "../cache/row-cache.ts";
import { everything } from "../cache/selection.ts";

export interface ReadyEndpoint {
  readonly address: string;
  readonly port: number;
  /** The Pod of this name in the Service's namespace; undefined where something else stands there. */
  readonly pod: string | undefined;
}

export interface ResolvedService {
  /** Whether there is anything by which endpoints are known, ready or not. */
  readonly exists: boolean;
  /** Whether an endpoint is known, ready or not, whatever its port. */
  readonly hasEndpoints: boolean;
  /** Ready, and with the port; from a random one on, so that the first is a fair choice. */
  readonly ready: readonly ReadyEndpoint[];
}

export interface ResolverParts {
  readonly caches: Caches;
  readonly entropy: Entropy;
}

export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
}

const SERVICE_NAME = "kubernetes.io/service-name";

async function cacheOf({ caches }: ResolverParts, row: AnyResource): Promise<RowCache> {
  const cache = caches.of(row);
  await cache.ready();
  return cache;
}

/** Undefined where there is none. */
export async function findService(parts: ResolverParts, { namespace, name }: ServiceRef): Promise<Service | undefined> {
  const entry = (await cacheOf(parts, Service)).get(`${namespace}/${name}`);
  return entry && (parts.caches.parse(Service, entry) as Service);
}

/** The name by which endpoints know the Service's port of that number; empty where it has none. Throws 503 where there is no such port. */
export function servicePortName({ metadata, spec }: Service, port: number): string {
  const found = spec.ports?.find((each) => each.port === port);
  if (found === undefined) throw serviceUnavailable(`no service port ${port} found for service "${metadata.name}"`);
  return found.name ?? "";
}

async function slicesOf(parts: ResolverParts, { namespace, name }: ServiceRef): Promise<EndpointSlice[]> {
  const cache = await cacheOf(parts, EndpointSlice);
  const selection = {
    ...everything,
    namespace,
    matches: (entry: { labels: Readonly<Record<string, string>> }) => entry.labels[SERVICE_NAME] === name,
  };
  return cache.list(selection).map((entry) => parts.caches.parse(EndpointSlice, entry) as EndpointSlice);
}

function readyIn({ endpoints, ports }: EndpointSlice, portName: string): ReadyEndpoint[] {
  const port = ports?.find((each) => (each.name ?? "") === portName)?.port;
  if (port === undefined) return [];
  return (endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses: [address], targetRef }) =>
      address === undefined ? [] : [{ address, port, pod: targetRef?.kind === "Pod" ? targetRef.name : undefined }],
    );
}

function fromRandom<T>(list: readonly T[], entropy: Entropy): readonly T[] {
  if (list.length < 2) return list;
  const start = randomInteger(entropy, list.length);
  return [...list.slice(start), ...list.slice(0, start)];
}

/** `portName`: the port's name as endpoints have it; empty for the one port without a name. */
export async function resolveService(parts: ResolverParts, ref: ServiceRef, portName: string): Promise<ResolvedService> {
  const service = await findService(parts, ref);
  const family = service?.spec.ipFamilies?.[0] ?? "IPv4";
  const slices = await slicesOf(parts, ref);
  const endpoints = (await cacheOf(parts, Endpoints)).get(`${ref.namespace}/${ref.name}`);
  const own = slices.filter(({ addressType }) => addressType === family);
  return {
    exists: endpoints !== undefined || slices.length > 0,
    hasEndpoints: own.some((slice) => (slice.endpoints ?? []).length > 0),
    ready: fromRandom(
      own.flatMap((slice) => readyIn(slice, portName)),
      parts.entropy,
    ),
  };
}
