/**
 * The `kubernetes` Service, through which Pods find this server: the ServiceCIDR object, the Service with the first address of the
 * range, and its endpoints. Written through the server itself, so that it is like any other object.
 */
import type { HttpHandler } from "../../base/http.ts";
import { send } from "../own-request.ts";
import { ipRange } from "./ip-range.ts";

export interface KubernetesServiceOptions {
  handle: HttpHandler;
  serviceCidr: string;
  /** Where this server is reached from Pods. */
  address: string;
  port: number;
}

const LABELS = { component: "apiserver", provider: "kubernetes" };
const NAME = "kubernetes";

type KubernetesDraft = Readonly<Record<string, unknown>> & { metadata: { name: string; [key: string]: unknown } };

/**
 * Brings the object that is there to what `object` says, or creates it. In this order: the address of a Service that is there would be
 * refused to a second one before its name is.
 */
async function keep(handle: HttpHandler, collection: string, object: KubernetesDraft): Promise<void> {
  if ((await send(handle, "PATCH", `${collection}/${object.metadata.name}`, object)) === 404)
    await send(handle, "POST", collection, object);
}

/** Idempotent; called at every start, and when the address changes. The namespace `default` is there. */
export async function keepKubernetesService(options: KubernetesServiceOptions): Promise<void> {
  const { handle, serviceCidr, address, port } = options;
  const metadata = { name: NAME, namespace: "default" };
  await keep(handle, "/apis/networking.k8s.io/v1/servicecidrs", {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: NAME },
    spec: { cidrs: [serviceCidr] },
  });
  await keep(handle, "/api/v1/namespaces/default/services", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...metadata, labels: LABELS },
    spec: {
      type: "ClusterIP",
      clusterIP: ipRange(serviceCidr).first,
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: port }],
    },
  });
  await keep(handle, "/api/v1/namespaces/default/endpoints", {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { ...metadata, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: "https", port, protocol: "TCP" }] }],
  });
  await keep(handle, "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": NAME } },
    addressType: "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: "https", port, protocol: "TCP" }],
  });
}
