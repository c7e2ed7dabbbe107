/** The way to a node's kubelet, as its Node object tells it. */
import { Node } from "../../api/core/node.ts";
import { notFound } from "../../api/errors.ts";
import type { HttpHandler } from "../../base/http.ts";
import type { ServerParts } from "../server-parts.ts";
import { hostPort } from "./url-path.ts";

export interface Kubelet {
  readonly handle: HttpHandler;
  /** Of the node itself. */
  readonly address: string;
  readonly port: number;
  /** `address:port` */
  readonly host: string;
}

/** https://kubernetes.io/docs/reference/networking/ports-and-protocols/ */
const KUBELET_PORT = 10_250;

/** `insecure`: whatever certificate it shows. Throws 404 where there is no such node. */
export async function kubeletOf(
  parts: Pick<ServerParts, "caches" | "dialNode">,
  name: string,
  { insecure = false }: { insecure?: boolean } = {},
): Promise<Kubelet> {
  const cache = parts.caches.of(Node);
  await cache.ready();
  const entry = cache.get(name);
  if (entry === undefined) throw notFound({ group: "", resource: "nodes" }, name);
  const { status } = parts.caches.parse(Node, entry) as Node;
  const address = status.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "";
  const port = status.daemonEndpoints?.kubeletEndpoint?.Port || KUBELET_PORT;
  const host = hostPort(address, port);
  const refused: HttpHandler = () => Promise.reject(new Error(`dial tcp ${host}: connect: connection refused`));
  return { handle: parts.dialNode(name, { insecure }) ?? refused, address, port, host };
}
