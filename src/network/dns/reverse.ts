/** Names of addresses: PTR for Services and endpoints, and nothing else for what lies in the cluster's ranges. */
import type { Answer } from "dns-packet";
import { namespaceOf } from "../../api/meta.ts";
import { isIPv4 } from "../../api/names.ts";
import { ipv4Range, isInIpv4Range } from "../../base/ipv4.ts";
import { type ClusterNames, serviceNameOf } from "./cluster-names.ts";
import { endpointLabel, serviceDomain } from "./service-records.ts";
import { MISSING, NOTHING, TTL_SECONDS, type Zone, type ZoneAnswer, type ZoneQuestion } from "./zone.ts";

const REVERSE_SUFFIX = ".in-addr.arpa";

/** Undefined unless the whole address is there: a name of a range is nobody's but its parent's. */
function addressOf(name: string): string | undefined {
  if (!name.endsWith(REVERSE_SUFFIX)) return undefined;
  const address = name.slice(0, -REVERSE_SUFFIX.length).split(".").toReversed().join(".");
  return isIPv4(address) ? address : undefined;
}

function namesAt(zone: Zone, address: string, cluster: ClusterNames): string[] {
  const services = cluster.servicesAt(address).map((service) => serviceDomain(zone, namespaceOf(service), service.metadata.name));
  if (services.length > 0) return services;
  const endpoints = cluster
    .slicesAt(address)
    .flatMap((slice) =>
      (slice.endpoints ?? [])
        .filter(({ addresses }) => addresses.includes(address))
        .map((endpoint) => `${endpointLabel(endpoint)}.${serviceDomain(zone, namespaceOf(slice), serviceNameOf(slice))}`),
    );
  return [...new Set(endpoints)];
}

/** Undefined where the address is not the cluster's. */
export function pointerAnswer(zone: Zone, { name, type }: ZoneQuestion, cluster: ClusterNames): ZoneAnswer | undefined {
  const address = addressOf(name);
  if (address === undefined) return undefined;
  const names = namesAt(zone, address, cluster);
  if (names.length === 0) return zone.ranges.some((range) => isInIpv4Range(address, ipv4Range(range))) ? MISSING : undefined;
  if (type !== "PTR") return NOTHING;
  return { kind: "found", answers: names.map((data): Answer => ({ name, type: "PTR", ttl: TTL_SECONDS, data })) };
}
