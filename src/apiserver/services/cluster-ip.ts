/**
 * Cluster addresses: each one that is taken is an IPAddress object, written and deleted in the transaction of its Service.
 * https://kubernetes.io/docs/reference/kubernetes-api/network-resources/ip-address-v1/
 */

import type { Service } from "../../api/core/service.ts";
import { isIPv4 } from "../../api/names.ts";
import { IPAddress } from "../../api/networking/ip-address.ts";
import type { Report } from "../../api/validation-report.ts";
import { type Entropy, uuid } from "../../base/entropy.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Operation } from "../../store/store.ts";
import type { Caches } from "../cache/caches.ts";
import { recordOf } from "../write/commit.ts";
import { timestamp } from "../write/object-changes.ts";
import type { IpRange } from "./ip-range.ts";
import { hasClusterIp } from "./service-families.ts";

export interface ClusterIpsOptions {
  caches: Caches;
  entropy: Entropy;
  range: IpRange;
  nowMs(): number;
}

export const MANAGED_BY = { key: "ipaddress.kubernetes.io/managed-by", value: "ipallocator.k8s.io" } as const;
const ATTEMPTS = 64;

function ipAddressObject(address: string, service: DeepReadonly<Service>, { entropy, nowMs }: ClusterIpsOptions): IPAddress {
  const { name, namespace } = service.metadata;
  return {
    kind: "IPAddress",
    apiVersion: "networking.k8s.io/v1",
    metadata: {
      name: address,
      uid: uuid(entropy),
      generation: 1,
      creationTimestamp: timestamp(nowMs()),
      labels: { "ipaddress.kubernetes.io/ip-family": "IPv4", [MANAGED_BY.key]: MANAGED_BY.value },
    },
    spec: { parentRef: { resource: "services", namespace: namespace ?? "", name } },
  } as unknown as IPAddress;
}

export const takeAddress = (address: string, service: DeepReadonly<Service>, options: ClusterIpsOptions): Operation => ({
  type: "put",
  key: IPAddress.prefix + address,
  value: recordOf(IPAddress, ipAddressObject(address, service, options)),
  if: "absent",
});

/** Addresses of a Service, as they are allocated: none for ExternalName and headless ones. */
export const addressesOf = (service: DeepReadonly<Service> | undefined): readonly string[] =>
  service && hasClusterIp(service) ? (service.spec.clusterIPs ?? []) : [];

function pick({ caches, entropy, range }: ClusterIpsOptions): string | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const candidate = range.random(entropy);
    if (caches.of(IPAddress).get(candidate) === undefined) return candidate;
  }
  return undefined;
}

/** Reports an address that this Service cannot have. */
function check(address: string, index: number, report: Report, { caches, range }: ClusterIpsOptions): void {
  const place = report.at("spec", "clusterIPs");
  if (!isIPv4(address))
    place.at(index).invalid(address, "may only hold addresses of the families that this cluster is configured for");
  else if (!range.contains(address))
    place.invalid([address], `failed to allocate IP ${address}: the provided network does not match the current range`);
  else if (caches.of(IPAddress).get(address) !== undefined)
    place.invalid([address], `failed to allocate IP ${address}: provided IP is already allocated`);
}

/** Gives the Service its address and the operations that take it. The IPAddress cache is loaded. */
export function allocateAddresses(
  service: Service,
  old: DeepReadonly<Service> | undefined,
  report: Report,
  options: ClusterIpsOptions,
): Operation[] {
  const before = addressesOf(old);
  if (!hasClusterIp(service)) return releaseAddresses(before);
  const { spec } = service;
  if (!spec.clusterIPs?.length) {
    const address = pick(options);
    if (address === undefined) {
      report.at("spec", "clusterIPs").internal("failed to allocate a serviceIP: range is full");
      return [];
    }
    spec.clusterIP = address;
    spec.clusterIPs = [address];
  } else
    spec.clusterIPs.forEach((address, index) => {
      if (!before.includes(address)) check(address, index, report, options);
    });
  const wanted = spec.clusterIPs;
  return [
    ...wanted.filter((address) => !before.includes(address)).map((address) => takeAddress(address, service, options)),
    ...releaseAddresses(before.filter((address) => !wanted.includes(address))),
  ];
}

export const releaseAddresses = (addresses: readonly string[]): Operation[] =>
  addresses.map((address) => ({ type: "delete", key: IPAddress.prefix + address, if: "any" }));
