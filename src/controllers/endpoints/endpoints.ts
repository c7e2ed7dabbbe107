/**
 * Keeps the Endpoints object of each Service that selects Pods: the older form, one object a Service, for those that still read it.
 * https://kubernetes.io/docs/concepts/services-networking/service/#endpoints
 */
import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Endpoints } from "../../api/core/endpoints.ts";
import { Service } from "../../api/core/service.ts";
import { isAlreadyExists, isNotFound } from "../../api/errors.ts";
import { keyOf, splitKey } from "../../api/meta.ts";
import { encodeUtf8 } from "../../base/bytes.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { sameContent } from "../../client/equality.ts";
import { type Controller, type ControllerContext, on } from "../controller.ts";
import { isNamespaceEnding } from "../pod-control.ts";
import { isReady } from "../pod-facts.ts";
import * as backends from "./backends.ts";

const MANAGED_BY = "endpoints.kubernetes.io/managed-by";
const MANAGER = "endpoint-controller";
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
const MAX_ADDRESSES = 1_000;

type Subset = NonNullable<DeepReadonly<Endpoints["subsets"]>>[number];
type Address = NonNullable<Subset["addresses"]>[number];

const byIp = (a: Address, b: Address): number => (a.ip < b.ip ? -1 : 1);

/** Clients see ports in the order of hashes of how Go prints them, and so do ours. */
function hashOf({ name, port, protocol, appProtocol = "<nil>" }: backends.BackendPort): string {
  const printed = `(v1.EndpointPort){Name:(string)${name} Port:(int32)${port} Protocol:(v1.Protocol)${protocol} AppProtocol:(*string)${appProtocol}}`;
  return bytesToHex(md5(encodeUtf8(printed)));
}

const byHash = (a: backends.BackendPort, b: backends.BackendPort): number => (hashOf(a) < hashOf(b) ? -1 : 1);

/** Addresses with equal ports together, the ready ones apart from the others. */
function subsetsOf(service: backends.ReadonlyService, pods: readonly backends.ReadonlyPod[]): Subset[] {
  const v6 = service.spec.ipFamilies?.[0] === "IPv6";
  const { publishNotReadyAddresses = false } = service.spec;
  const groups = new Map<string, { ports: backends.BackendPort[]; ready: Address[]; notReady: Address[] }>();
  for (const pod of pods) {
    if (!backends.takesPart(pod) || (pod.metadata.deletionTimestamp && !publishNotReadyAddresses)) continue;
    const [ip] = backends.addressesOf(pod, v6);
    const ports = backends.portsFor(service, pod);
    if (ip === undefined || (ports.length === 0 && !(backends.isHeadless(service) && !service.spec.ports?.length))) continue;
    const hostname = backends.hostnameFor(service, pod);
    const address: Address = {
      ip,
      ...(hostname === undefined ? {} : { hostname }),
      ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
      targetRef: backends.referenceTo(pod),
    };
    const group = groups.get(JSON.stringify(ports)) ?? { ports, ready: [], notReady: [] };
    groups.set(JSON.stringify(ports), group);
    (publishNotReadyAddresses || isReady(pod) ? group.ready : group.notReady).push(address);
  }
  return [...groups.values()].map(({ ports, ready, notReady }) => ({
    ...(ready.length > 0 ? { addresses: ready.toSorted(byIp) } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady.toSorted(byIp) } : {}),
    ...(ports.length > 0 ? { ports: ports.toSorted(byHash).map(withoutEmptyName) } : {}),
  }));
}

const withoutEmptyName = ({ name, ...port }: backends.BackendPort) => (name === "" ? port : { name, ...port });

/** At most 1000 addresses, the ready ones first. True where some were left out. */
function truncate(subsets: readonly Subset[]): { subsets: Subset[]; truncated: boolean } {
  let room = MAX_ADDRESSES;
  let truncated = false;
  const take = (addresses: readonly Address[] | undefined): readonly Address[] | undefined => {
    const taken = addresses?.slice(0, room);
    truncated ||= (addresses?.length ?? 0) > room;
    room -= taken?.length ?? 0;
    return taken?.length ? taken : undefined;
  };
  const ready = subsets.map(({ addresses }) => take(addresses));
  const notReady = subsets.map(({ notReadyAddresses }) => take(notReadyAddresses));
  const cut = subsets.map(({ ports }, position) => {
    const [addresses, notReadyAddresses] = [ready[position], notReady[position]];
    return { ...(addresses && { addresses }), ...(notReadyAddresses && { notReadyAddresses }), ...(ports && { ports }) };
  });
  return { subsets: cut.filter(({ addresses, notReadyAddresses }) => addresses || notReadyAddresses), truncated };
}

function metadataOf(
  service: backends.ReadonlyService,
  present: DeepReadonly<Endpoints> | undefined,
  trigger: string,
  truncated: boolean,
) {
  const { [backends.HEADLESS]: _, ...labels } = service.metadata.labels ?? {};
  const { [OVER_CAPACITY]: __, ...annotations } = present?.metadata.annotations ?? {};
  return {
    labels: { ...labels, ...(backends.isHeadless(service) ? { [backends.HEADLESS]: "" } : {}), [MANAGED_BY]: MANAGER },
    annotations: { ...annotations, [backends.LAST_CHANGE]: trigger, ...(truncated ? { [OVER_CAPACITY]: "truncated" } : {}) },
  };
}

async function reconcile(service: backends.ReadonlyService, { client, listers }: ControllerContext): Promise<void> {
  if (!service.spec.selector || service.spec.type === "ExternalName") return;
  const { namespace, name } = service.metadata;
  const pods = backends.podsOf(service, listers);
  const { subsets, truncated } = truncate(subsetsOf(service, pods));
  const present = listers.get(Endpoints, namespace, name);
  const metadata = metadataOf(service, present, backends.lastChange(service, pods), truncated);
  const current =
    present !== undefined &&
    sameContent(present.subsets, subsets) &&
    sameContent(present.metadata.labels, metadata.labels) &&
    (present.metadata.annotations?.[OVER_CAPACITY] === "truncated") === truncated;
  if (current) return;
  try {
    if (present !== undefined) {
      await client.update<Endpoints>(Endpoints, {
        ...present,
        metadata: { ...present.metadata, ...metadata },
        subsets,
      } as unknown as Endpoints);
    } else
      await client.create<Endpoints>(Endpoints, {
        metadata: { namespace, name, ...metadata },
        subsets: subsets as Endpoints["subsets"] & object,
      });
  } catch (error) {
    if (!isNamespaceEnding(error) && !isAlreadyExists(error)) throw error;
  }
}

export const endpointsController: Controller<Service> = {
  name: "endpoint-controller",
  reconciles: Service,
  indexes: [backends.podsByLabel],
  wokenBy: [backends.wokenByPods, on(Endpoints, (endpoints) => [keyOf(endpoints)])],
  reconcile,
  /** Endpoints have no owner: they go with their Service, where this controller made them. */
  async forget(key, { client, listers }) {
    const { namespace, name } = splitKey(key);
    if (listers.get(Endpoints, namespace, name)?.metadata.labels?.[MANAGED_BY] !== MANAGER) return;
    await client.delete(Endpoints, { namespace, name }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  },
};
