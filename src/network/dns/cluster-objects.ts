/**
 * How the cluster finds its DNS: the Service kube-system/kube-dns at the well-known address, and one EndpointSlice a node that serves it.
 *
 * The Service has no selector, so no controller makes slices for it; the label k8s-app stands where NetworkPolicies and tools expect it.
 */
import { Service } from "../../api/core/service.ts";
import { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import { isAlreadyExists, isNotFound } from "../../api/errors.ts";
import type { Draft, KubernetesObject } from "../../api/meta.ts";
import type { Resource } from "../../api/row.ts";
import type { Client } from "../../client/client.ts";

const NAMESPACE = "kube-system";
const SERVICE_NAME = "kube-dns";
const DNS_PORT = 53;
const LABELS = { "k8s-app": SERVICE_NAME };
/** Says to the EndpointSlice controller that these are not its own. */
const MANAGED_BY = "dns.timonier.io";

/** Creates the Service where it is missing. One that is there stays as it is: somebody may have changed it on purpose. */
export async function ensureDnsService(client: Client, { address }: { address: string }): Promise<void> {
  await createUnlessThere(client, Service, {
    kind: "Service",
    apiVersion: "v1",
    metadata: { namespace: NAMESPACE, name: SERVICE_NAME, labels: LABELS },
    spec: {
      type: "ClusterIP",
      clusterIP: address,
      clusterIPs: [address],
      sessionAffinity: "None",
      ports: [
        { name: "dns", protocol: "UDP", port: DNS_PORT, targetPort: DNS_PORT },
        { name: "dns-tcp", protocol: "TCP", port: DNS_PORT, targetPort: DNS_PORT },
      ],
    },
  });
}

export interface DnsEndpoint {
  nodeName: string;
  /** Where its DNS listens. */
  address: string;
  port: number;
}

const sliceNameOf = (nodeName: string): string => `${SERVICE_NAME}-${nodeName}`;

/** Makes this node's DNS an endpoint of the Service, or corrects what is there. */
export async function ensureDnsEndpoint(client: Client, { nodeName, address, port }: DnsEndpoint): Promise<void> {
  const slice: Draft<EndpointSlice> = {
    kind: "EndpointSlice",
    apiVersion: "discovery.k8s.io/v1",
    metadata: {
      namespace: NAMESPACE,
      name: sliceNameOf(nodeName),
      labels: {
        ...LABELS,
        "kubernetes.io/service-name": SERVICE_NAME,
        "endpointslice.kubernetes.io/managed-by": MANAGED_BY,
      },
    },
    addressType: "IPv4",
    ports: [
      { name: "dns", protocol: "UDP", port },
      { name: "dns-tcp", protocol: "TCP", port },
    ],
    endpoints: [{ addresses: [address], conditions: { ready: true, serving: true, terminating: false }, nodeName }],
  };
  if (await createUnlessThere(client, EndpointSlice, slice)) return;
  const { endpoints, ports } = slice;
  await client.patch(EndpointSlice, { namespace: NAMESPACE, name: sliceNameOf(nodeName) }, "merge", { endpoints, ports });
}

/** Before the node's DNS stops. */
export async function removeDnsEndpoint(client: Client, nodeName: string): Promise<void> {
  await client.delete(EndpointSlice, { namespace: NAMESPACE, name: sliceNameOf(nodeName) }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

/** Whether it was created. Looked for first: a Service whose address is taken, by itself, is invalid before it is there already. */
async function createUnlessThere<T extends KubernetesObject>(
  client: Client,
  of: Resource<T>,
  object: Draft<T>,
): Promise<boolean> {
  const name = object.metadata?.name ?? "";
  try {
    await client.get(of, { namespace: NAMESPACE, name });
    return false;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  try {
    await client.create(of, object);
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    throw error;
  }
}
