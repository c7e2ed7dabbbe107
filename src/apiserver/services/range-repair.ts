/**
 * At the start: every address and node port of a Service is held, and none is held for a Service that is gone. Needed after a
 * restore, and where another server wrote the data.
 */
import { Service } from "../../api/core/service.ts";
import { IPAddress } from "../../api/networking/ip-address.ts";
import { encodeUtf8 } from "../../base/bytes.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Operation, Store } from "../../store/store.ts";
import { everything } from "../cache/selection.ts";
import { addressesOf, type ClusterIpsOptions, MANAGED_BY, takeAddress } from "./cluster-ip.ts";
import { NODE_PORT_PREFIX, portsOf } from "./node-ports.ts";

const STEP = 64;

export async function repairServiceRanges(store: Store, options: ClusterIpsOptions): Promise<void> {
  const { caches } = options;
  await caches.load([Service, IPAddress]);
  const services = caches.list(Service) as unknown as readonly DeepReadonly<Service>[];
  const held = new Set((await store.range({ prefix: NODE_PORT_PREFIX })).entries.map(({ key }) => key));
  const operations: Operation[] = [];
  const addresses = new Set<string>();
  const ports = new Set<string>();
  for (const service of services) {
    for (const address of addressesOf(service)) {
      addresses.add(address);
      if (caches.of(IPAddress).get(address) === undefined) operations.push(takeAddress(address, service, options));
    }
    for (const key of portsOf(service)) {
      ports.add(key);
      const value = encodeUtf8(`${service.metadata.namespace}/${service.metadata.name}`);
      if (!held.has(key)) operations.push({ type: "put", key, value, if: "any" });
    }
  }
  for (const { name, labels } of caches.of(IPAddress).list(everything))
    if (labels[MANAGED_BY.key] === MANAGED_BY.value && !addresses.has(name))
      operations.push({ type: "delete", key: IPAddress.prefix + name, if: "any" });
  for (const key of held) if (!ports.has(key)) operations.push({ type: "delete", key, if: "any" });
  for (let start = 0; start < operations.length; start += STEP) await store.commit(operations.slice(start, start + STEP));
}
