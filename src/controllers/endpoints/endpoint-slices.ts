/**
 * Keeps the EndpointSlices of each Service that selects Pods.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
 */
import { Node } from "../../api/core/node.ts";
import { Service } from "../../api/core/service.ts";
import { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import { controllerReference, type Draft } from "../../api/meta.ts";
import { sameContent } from "../../client/equality.ts";
import type { Lister } from "../../client/informer.ts";
import type { Controller, Reconcile } from "../controller.ts";
import { isReady } from "../pod-facts.ts";
import * as backends from "./backends.ts";
import { type Endpoint, type EndpointGroup, packSlices, type ReadonlySlice, type SliceContent } from "./slice-packing.ts";
import { applySlicePlan, SERVICE_NAME } from "./slice-writes.ts";

const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const MANAGER = "endpointslice-controller.k8s.io";
const ZONE = "topology.kubernetes.io/zone";

type ReadonlyPod = backends.ReadonlyPod;
type ReadonlyService = backends.ReadonlyService;

/** A Pod as an endpoint. */
function endpointOf(service: ReadonlyService, pod: ReadonlyPod, addresses: string[], zone: string | undefined): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = backends.hostnameFor(service, pod);
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: backends.referenceTo(pod),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone === undefined ? {} : { zone }),
  };
}

/** Address families of the Service; what has none yet is IPv4. */
const familiesOf = ({ spec }: ReadonlyService) =>
  (spec.ipFamilies?.length ? spec.ipFamilies : (["IPv4"] as const)) as ("IPv4" | "IPv6")[];

/** Endpoints by family and ports. */
function endpointGroups(service: ReadonlyService, pods: readonly ReadonlyPod[], zoneOf: (node: string) => string | undefined) {
  return familiesOf(service).flatMap((addressType): EndpointGroup[] => {
    const groups = new Map<string, EndpointGroup & { endpoints: Endpoint[] }>();
    for (const pod of pods) {
      const addresses = backends.addressesOf(pod, addressType === "IPv6");
      const ports = backends.portsFor(service, pod);
      if (addresses.length === 0 || (ports.length === 0 && !isPortless(service))) continue;
      const key = JSON.stringify(ports);
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      group.endpoints.push(endpointOf(service, pod, addresses, zoneOf(pod.spec.nodeName ?? "")));
      groups.set(key, group);
    }
    return groups.size === 0 ? [{ addressType, ports: [], endpoints: [] }] : [...groups.values()];
  });
}

const isPortless = (service: ReadonlyService): boolean => backends.isHeadless(service) && !service.spec.ports?.length;

function labelsOf(service: ReadonlyService): Record<string, string> {
  const { [backends.HEADLESS]: _, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(backends.isHeadless(service) ? { [backends.HEADLESS]: "" } : {}),
    [SERVICE_NAME]: service.metadata.name,
    [MANAGED_BY]: MANAGER,
  };
}

/** A Pod on a node that is gone will be gone too; it is published only where the Service wants whatever there is. */
const isPlaced = (service: ReadonlyService, { spec }: ReadonlyPod, listers: Lister): boolean =>
  !spec.nodeName || service.spec.publishNotReadyAddresses === true || listers.get(Node, "", spec.nodeName) !== undefined;

const reconcile: Reconcile<Service> = async (service, context) => {
  const { spec, metadata } = service;
  if (spec.type === "ExternalName" || !spec.selector || metadata.deletionTimestamp) return;
  const { listers, client } = context;
  const pods = backends.podsOf(service, listers).filter((pod) => backends.takesPart(pod) && isPlaced(service, pod, listers));
  const groups = endpointGroups(service, pods, (node) => listers.get(Node, "", node)?.metadata.labels?.[ZONE]);
  const existing = listers
    .ownedBy(EndpointSlice, service)
    .filter((slice) => slice.metadata.labels?.[MANAGED_BY] === MANAGER && !slice.metadata.deletionTimestamp);
  const labels = labelsOf(service);
  const trigger = backends.lastChange(service, pods);
  const draft = (content: SliceContent): Draft<EndpointSlice> =>
    ({
      metadata: {
        generateName: `${metadata.name}-`,
        namespace: metadata.namespace,
        labels,
        annotations: { [backends.LAST_CHANGE]: trigger },
        ownerReferences: [controllerReference(service)],
      },
      ...content,
    }) as unknown as Draft<EndpointSlice>;
  const isCurrent = (slice: ReadonlySlice): boolean => sameContent(slice.metadata.labels, labels);
  await applySlicePlan(client, packSlices(groups, existing, isCurrent), draft);
};

export const endpointSliceController: Controller<Service> = {
  name: "endpointslice-controller",
  reconciles: Service,
  indexes: [backends.podsByLabel],
  reads: [Node],
  wokenBy: [{ owned: EndpointSlice }, backends.wokenByPods],
  reconcile,
};
