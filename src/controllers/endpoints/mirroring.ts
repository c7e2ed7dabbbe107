/**
 * Copies Endpoints that people write by hand, for Services without a selector, to EndpointSlices.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#endpointslice-mirroring
 */
import { Endpoints } from "../../api/core/endpoints.ts";
import { Service } from "../../api/core/service.ts";
import { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import { controllerReference, type Draft, keyOf } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { sameContent } from "../../client/equality.ts";
import { type Controller, on, type Reconcile } from "../controller.ts";
import { type BackendPort, isV6 } from "./backends.ts";
import { type Endpoint, type EndpointGroup, packSlices, type SliceContent } from "./slice-packing.ts";
import { applySlicePlan, SERVICE_NAME } from "./slice-writes.ts";

const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const MANAGER = "endpointslicemirroring-controller.k8s.io";
const SKIP = "endpointslice.kubernetes.io/skip-mirror";
const LEADER = "control-plane.alpha.kubernetes.io/leader";
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const MAX_ADDRESSES_A_SUBSET = 1_000;

type ReadonlyEndpoints = DeepReadonly<Endpoints>;
type Address = NonNullable<NonNullable<ReadonlyEndpoints["subsets"]>[number]["addresses"]>[number];

const endpointOf = ({ ip, hostname, nodeName, targetRef }: Address, ready: boolean): Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...(hostname ? { hostname } : {}),
  ...(nodeName ? { nodeName } : {}),
  ...(targetRef ? { targetRef } : {}),
});

/** The addresses of all subsets by family and ports. */
function mirroredGroups({ subsets = [] }: ReadonlyEndpoints): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup & { endpoints: Endpoint[] }>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    const slicePorts = ports.map(
      ({ name = "", port, protocol, appProtocol }): BackendPort => ({
        name,
        port,
        protocol: (protocol ?? "TCP") as BackendPort["protocol"],
        ...(appProtocol === undefined ? {} : { appProtocol }),
      }),
    );
    const all = [
      ...addresses.map((address) => endpointOf(address, true)),
      ...notReadyAddresses.map((address) => endpointOf(address, false)),
    ];
    for (const endpoint of all.slice(0, MAX_ADDRESSES_A_SUBSET)) {
      const addressType = isV6(endpoint.addresses[0] ?? "") ? "IPv6" : "IPv4";
      const key = `${addressType} ${JSON.stringify(slicePorts)}`;
      const group = groups.get(key) ?? { addressType, ports: slicePorts, endpoints: [] };
      group.endpoints.push(endpoint);
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

function isMirrored({ metadata }: ReadonlyEndpoints, service: DeepReadonly<Service> | undefined): boolean {
  const excluded = metadata.labels?.[SKIP] === "true" || metadata.annotations?.[LEADER] !== undefined;
  return !excluded && service !== undefined && !service.spec.selector && service.spec.type !== "ExternalName";
}

const reconcile: Reconcile<Endpoints> = async (endpoints, { client, listers }) => {
  const { metadata } = endpoints;
  const existing = listers
    .ownedBy(EndpointSlice, endpoints)
    .filter(({ metadata: { labels } }) => labels?.[MANAGED_BY] === MANAGER);
  const mirrored = isMirrored(endpoints, listers.get(Service, metadata.namespace, metadata.name));
  if (!mirrored && existing.length === 0) return;
  const labels = { ...metadata.labels, [SERVICE_NAME]: metadata.name, [MANAGED_BY]: MANAGER };
  const { [LAST_APPLIED]: _, ...annotations } = metadata.annotations ?? {};
  const draft = (content: SliceContent): Draft<EndpointSlice> =>
    ({
      metadata: {
        generateName: `${metadata.name}-`,
        namespace: metadata.namespace,
        labels,
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
        ownerReferences: [controllerReference(endpoints)],
      },
      ...content,
    }) as unknown as Draft<EndpointSlice>;
  const plan = packSlices(mirrored ? mirroredGroups(endpoints) : [], existing, ({ metadata: slice }) =>
    sameContent(slice.labels, labels),
  );
  await applySlicePlan(client, plan, draft);
};

export const endpointSliceMirroringController: Controller<Endpoints> = {
  name: "endpointslicemirroring-controller",
  reconciles: Endpoints,
  wokenBy: [{ owned: EndpointSlice }, on(Service, (service) => [keyOf(service)])],
  reconcile,
};
