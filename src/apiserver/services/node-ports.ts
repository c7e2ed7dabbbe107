/**
 * Node ports: each one that is taken is a key of its own, written and deleted in the transaction of its Service, so that two
 * Services never get the same one. TCP and UDP ports of one number may belong to different Services' ports.
 */
import type { Service } from "../../api/core/service.ts";
import type { Report } from "../../api/validation-report.ts";
import { encodeUtf8 } from "../../base/bytes.ts";
import { type Entropy, randomInteger } from "../../base/entropy.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Operation, Store } from "../../store/store.ts";

export interface NodePortsOptions {
  store: Store;
  entropy: Entropy;
  first: number;
  last: number;
}

export const NODE_PORT_PREFIX = "/timonier/node-ports/";
const ATTEMPTS = 256;

type Ports = readonly string[];

const portKey = (protocol: string, port: number): string => `${NODE_PORT_PREFIX}${protocol}/${port}`;

const hasNodePorts = ({ spec }: DeepReadonly<Service>): boolean => spec.type === "NodePort" || spec.type === "LoadBalancer";

/** The keys of all ports that a Service holds. */
export function portsOf(service: DeepReadonly<Service> | undefined): Ports {
  if (service === undefined || !hasNodePorts(service)) return [];
  const keys = (service.spec.ports ?? []).flatMap(({ nodePort, protocol = "TCP" }) =>
    nodePort ? [portKey(protocol, nodePort)] : [],
  );
  const { healthCheckNodePort } = service.spec;
  return healthCheckNodePort ? [...keys, portKey("TCP", healthCheckNodePort)] : keys;
}

/** An update that leaves a port's node port out keeps the one it has. */
export function keepNodePorts(service: Service, old: DeepReadonly<Service> | undefined): void {
  if (old === undefined || !hasNodePorts(old) || !hasNodePorts(service)) return;
  if (service.spec.type === "LoadBalancer" && service.spec.allocateLoadBalancerNodePorts === false) return;
  const held = new Map((old.spec.ports ?? []).map(({ protocol, port, nodePort }) => [`${protocol}/${port}`, nodePort]));
  const asked = new Set((service.spec.ports ?? []).map(({ nodePort }) => nodePort));
  for (const port of service.spec.ports ?? []) {
    const before = held.get(`${port.protocol}/${port.port}`);
    if (!port.nodePort && before && !asked.has(before)) port.nodePort = before;
  }
  if (!service.spec.healthCheckNodePort && needsHealthCheck(service) && old.spec.healthCheckNodePort)
    service.spec.healthCheckNodePort = old.spec.healthCheckNodePort;
}

const needsHealthCheck = ({ spec }: DeepReadonly<Service>): boolean =>
  spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";

async function pick(
  { store, entropy, first, last }: NodePortsOptions,
  protocols: readonly string[],
  taken: ReadonlySet<number>,
): Promise<number | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = first + randomInteger(entropy, last - first + 1);
    if (taken.has(port)) continue;
    const held = await Promise.all(protocols.map((protocol) => store.get(portKey(protocol, port))));
    if (held.every((entry) => entry === undefined)) return port;
  }
  return undefined;
}

async function check(port: number, protocol: string, report: Report, { store, first, last }: NodePortsOptions): Promise<void> {
  if (port < first || port > last)
    report.invalid(port, `provided port is not in the valid range. The range of valid ports is ${first}-${last}`);
  else if (await store.get(portKey(protocol, port))) report.invalid(port, "provided port is already allocated");
}

/** Gives the Service its node ports and the operations that take them. */
export async function allocateNodePorts(
  service: Service,
  old: DeepReadonly<Service> | undefined,
  report: Report,
  options: NodePortsOptions,
): Promise<Operation[]> {
  const before = portsOf(old);
  if (hasNodePorts(service)) await fillPorts(service, before, report, options);
  const wanted = [...new Set(portsOf(service))];
  const value = encodeUtf8(`${service.metadata.namespace}/${service.metadata.name}`);
  return [
    ...wanted.filter((key) => !before.includes(key)).map((key): Operation => ({ type: "put", key, value, if: "absent" })),
    ...releasePorts(before.filter((key) => !wanted.includes(key))),
  ];
}

async function fillPorts(service: Service, before: Ports, report: Report, options: NodePortsOptions): Promise<void> {
  const { spec } = service;
  const taken = new Set((spec.ports ?? []).flatMap(({ nodePort }) => nodePort ?? []));
  const next = async (protocols: readonly string[]): Promise<number | undefined> => {
    const port = await pick(options, protocols, taken);
    if (port === undefined) report.at("spec", "ports").internal("failed to allocate a nodePort: range is full");
    else taken.add(port);
    return port;
  };
  const automatic = spec.type === "NodePort" || spec.allocateLoadBalancerNodePorts !== false;
  for (const [index, port] of (spec.ports ?? []).entries()) {
    const protocol = port.protocol ?? "TCP";
    if (port.nodePort && !before.includes(portKey(protocol, port.nodePort)))
      await check(port.nodePort, protocol, report.at("spec", "ports", index, "nodePort"), options);
    if (port.nodePort || !automatic) continue;
    // Ports of one number and different protocols share their node port.
    const shared = spec.ports?.find((each) => each.port === port.port && each.nodePort && each.protocol !== port.protocol);
    const number = shared?.nodePort ?? (await next([protocol]));
    if (number !== undefined) port.nodePort = number;
  }
  if (!needsHealthCheck(service)) return;
  const { healthCheckNodePort } = spec;
  if (!healthCheckNodePort) {
    const number = await next(["TCP"]);
    if (number !== undefined) spec.healthCheckNodePort = number;
  } else if (!before.includes(portKey("TCP", healthCheckNodePort)))
    await check(healthCheckNodePort, "TCP", report.at("spec", "healthCheckNodePort"), options);
}

export const releasePorts = (keys: Ports): Operation[] => keys.map((key) => ({ type: "delete", key, if: "any" }));
