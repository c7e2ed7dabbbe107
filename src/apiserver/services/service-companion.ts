/** What is written together with a Service: its addresses and node ports, allocated, kept and released. */
import { Service } from "../../api/core/service.ts";
import { validateClusterIps } from "../../api/core/service-addresses.ts";
import { IPAddress } from "../../api/networking/ip-address.ts";
import type { Clock } from "../../base/clock.ts";
import type { Entropy } from "../../base/entropy.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Store } from "../../store/store.ts";
import type { Caches } from "../cache/caches.ts";
import type { WriteCompanion } from "../write/companion.ts";
import { addressesOf, allocateAddresses, type ClusterIpsOptions, releaseAddresses } from "./cluster-ip.ts";
import { ipRange } from "./ip-range.ts";
import { allocateNodePorts, keepNodePorts, type NodePortsOptions, portsOf, releasePorts } from "./node-ports.ts";
import { normaliseClusterIps, setFamilies } from "./service-families.ts";

export interface ServiceRanges {
  /** IPv4, such as 10.96.0.0/16. */
  cidr: string;
  nodePorts: { first: number; last: number };
}

export interface ServiceCompanionOptions {
  store: Store;
  caches: Caches;
  clock: Clock;
  entropy: Entropy;
  ranges: ServiceRanges;
}

export function serviceCompanion({ store, caches, clock, entropy, ranges }: ServiceCompanionOptions): WriteCompanion {
  const addresses: ClusterIpsOptions = { caches, entropy, range: ipRange(ranges.cidr), nowMs: () => clock.now() };
  const ports: NodePortsOptions = { store, entropy, ...ranges.nodePorts };
  return {
    handles: (row) => row.prefix === Service.prefix,
    async prepare(write) {
      const old = write.old as DeepReadonly<Service> | undefined;
      if (write.object === undefined) return [...releaseAddresses(addressesOf(old)), ...releasePorts(portsOf(old))];
      const service = write.object as Service;
      await caches.of(IPAddress).ready();
      keepNodePorts(service, old);
      normaliseClusterIps(service, old);
      const before = write.report.errors;
      validateClusterIps(service.spec, write.report.at("spec"));
      if (write.report.errors > before) return [];
      setFamilies(service, write.report);
      return [
        ...allocateAddresses(service, old, write.report, addresses),
        ...(await allocateNodePorts(service, old, write.report, ports)),
      ];
    },
  };
}
