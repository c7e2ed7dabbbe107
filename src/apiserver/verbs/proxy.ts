/**
 * pods/proxy, services/proxy, nodes/proxy: requests that are passed on to what runs behind the object.
 * https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/
 */
import { isGlobalUnicast } from "../../api/addresses.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { badRequest, notFound, serviceUnavailable } from "../../api/errors.ts";
import type { HttpHandler, HttpResponse, Origin } from "../../base/http.ts";
import { admitConnect } from "../admission/subresource.ts";
import { type Destination, forward, proxiedPath } from "../proxy/forward.ts";
import { kubeletOf } from "../proxy/kubelet.ts";
import { type TargetId, targetId } from "../proxy/target-id.ts";
import { hostPort } from "../proxy/url-path.ts";
import type { ServerParts } from "../server-parts.ts";
import { findService, resolveService, type ServiceRef, servicePortName } from "../services/endpoint-resolver.ts";
import { groupResource, type Target } from "../target.ts";

type Find = (parts: ServerParts, target: Target, id: TargetId) => Promise<Destination>;

/** What is proxied for, by resource: how its kind stands in messages, and where its requests go. */
const PROXIED: Readonly<Record<string, { kind: string; find: Find }>> = {
  pods: { kind: "pod", find: podDestination },
  services: { kind: "service", find: serviceDestination },
  nodes: { kind: "node", find: nodeDestination },
};

const METHODS: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);

export const isProxied = (method: string): boolean => METHODS.has(method);

/** Segments before the path behind: `api/v1/namespaces/N/pods/P/proxy`, `api/v1/nodes/N/proxy`. */
const depthOf = ({ row }: Target): number => (row.namespaced ? 7 : 5);

export async function proxy(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const { context, row, name } = target;
  const { request, info } = context;
  if (info.query.has("dryRun")) throw badRequest("dryRun is not supported");
  const proxied = PROXIED[row.resource];
  if (proxied === undefined) throw badRequest(`${row.resource} cannot be proxied to`);
  const path = proxiedPath(request.path, depthOf(target));
  await admitConnect(parts, target, { kind: `${row.kind}ProxyOptions`, path: path.behind });
  const id = targetId(name);
  if (id === undefined) throw badRequest(`invalid ${proxied.kind} request "${name}"`);
  return forward(request, await proxied.find(parts, target, id), path);
}

async function findPod({ caches }: ServerParts, { namespace, name }: ServiceRef): Promise<Pod | undefined> {
  const cache = caches.of(Pod);
  await cache.ready();
  const entry = cache.get(`${namespace}/${name}`);
  return entry && (caches.parse(Pod, entry) as Pod);
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

function portNumber(port: string, scheme: Origin["scheme"]): number {
  if (port === "") return DEFAULT_PORTS[scheme];
  const number = Number(port);
  if (!/^\d+$/.test(port) || number < 1 || number > 65_535)
    throw serviceUnavailable(`error trying to reach service: dial tcp: lookup tcp/${port}: unknown port`);
  return number;
}

/** An address that nothing leads to answers as a network without a way to it does. */
function addressed(parts: ServerParts, origin: Origin): Destination {
  const { host, port } = origin;
  const text = hostPort(host, port);
  const unreachable: HttpHandler = () => Promise.reject(new Error(`dial tcp ${text}: connect: no route to host`));
  const isDefault = port === DEFAULT_PORTS[origin.scheme];
  return { handle: parts.dialAddress(origin) ?? unreachable, host: isDefault ? text.slice(0, text.lastIndexOf(":")) : text };
}

/** A Pod is reached by its address; where no port is asked for, by the first that one of its containers names. */
async function podDestination(parts: ServerParts, target: Target, id: TargetId): Promise<Destination> {
  const { namespace } = target;
  const pod = await findPod(parts, { namespace, name: id.name });
  if (pod === undefined) throw notFound(groupResource(target), id.name);
  const named = pod.spec.containers.find(({ ports = [] }) => ports.length > 0)?.ports?.[0]?.containerPort;
  const host = pod.status.podIPs?.[0]?.ip ?? "";
  if (!isGlobalUnicast(host)) throw badRequest("address not allowed");
  const scheme = id.scheme ?? "http";
  return addressed(parts, { scheme, host, port: portNumber(id.port || String(named ?? ""), scheme) });
}

/** Only addresses that Pods of the same namespace have: endpoints are written by users, who could name any address. */
async function serviceDestination(parts: ServerParts, target: Target, id: TargetId): Promise<Destination> {
  const { namespace, name: asked } = target;
  const ref = { namespace, name: id.name };
  let portName = id.port;
  if (/^[+-]?\d+$/.test(id.port)) {
    const service = await findService(parts, ref);
    if (service === undefined) throw notFound(groupResource(target), id.name);
    portName = servicePortName(service, Number(id.port));
  }
  const { exists, hasEndpoints, ready } = await resolveService(parts, ref, portName);
  if (!exists) throw notFound(groupResource(target), id.name);
  for (const { address, port, pod: name } of ready) {
    const pod = name === undefined ? undefined : await findPod(parts, { namespace, name });
    if (pod?.status.podIPs?.some(({ ip }) => ip === address))
      return addressed(parts, { scheme: id.scheme ?? "http", host: address, port });
  }
  throw serviceUnavailable(`no endpoints available for service "${hasEndpoints ? asked : id.name}"`);
}

/** Without a port, or with its own, a node is its kubelet. */
async function nodeDestination(parts: ServerParts, _target: Target, id: TargetId): Promise<Destination> {
  const kubelet = await kubeletOf(parts, id.name);
  if (!isGlobalUnicast(kubelet.address)) throw badRequest("address not allowed");
  if (id.port === "" || Number(id.port) === kubelet.port) return kubelet;
  const scheme = id.scheme ?? "http";
  return addressed(parts, { scheme, host: kubelet.address, port: portNumber(id.port, scheme) });
}
