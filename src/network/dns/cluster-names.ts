/**
 * What DNS needs to know of the cluster, found through indexes: no query costs more because the cluster is large.
 */
import { Namespace } from "../../api/core/namespace.ts";
import { Service } from "../../api/core/service.ts";
import { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import { namespaceOf } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Informers } from "../../client/informer.ts";

export interface ClusterNames {
  hasNamespace(name: string): boolean;
  service(namespace: string, name: string): DeepReadonly<Service> | undefined;
  slicesOf(namespace: string, service: string): readonly DeepReadonly<EndpointSlice>[];
  /** Services with that cluster address. */
  servicesAt(address: string): readonly DeepReadonly<Service>[];
  /** Slices with an endpoint of that address. */
  slicesAt(address: string): readonly DeepReadonly<EndpointSlice>[];
}

const BY_ADDRESS = "dns/address";
const BY_SERVICE = "dns/service";
const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

/** The Service that a slice belongs to. */
export const serviceNameOf = (slice: DeepReadonly<EndpointSlice>): string => slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? "";

/** Starts to follow what DNS answers from. The caller waits until the informers are synced. */
export function followClusterNames(informers: Informers): ClusterNames {
  informers.addIndex(Service, BY_ADDRESS, ({ spec }) => (spec.clusterIPs ?? [spec.clusterIP ?? ""]).filter(Boolean));
  informers.addIndex(EndpointSlice, BY_ADDRESS, ({ endpoints }) => [
    ...new Set((endpoints ?? []).flatMap(({ addresses }) => addresses)),
  ]);
  informers.addIndex(EndpointSlice, BY_SERVICE, (slice) => [`${namespaceOf(slice)}/${serviceNameOf(slice)}`]);
  informers.watch(Service);
  informers.watch(EndpointSlice);
  informers.watch(Namespace);
  return {
    hasNamespace: (name) => informers.get(Namespace, "", name) !== undefined,
    service: (namespace, name) => informers.get(Service, namespace, name),
    slicesOf: (namespace, service) => informers.byIndex(EndpointSlice, BY_SERVICE, `${namespace}/${service}`),
    servicesAt: (address) => informers.byIndex(Service, BY_ADDRESS, address),
    slicesAt: (address) => informers.byIndex(EndpointSlice, BY_ADDRESS, address),
  };
}
