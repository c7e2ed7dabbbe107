/**
 * GET of a Pod's log: checked here, streamed from the kubelet of its node.
 * https://kubernetes.io/docs/concepts/cluster-administration/logging/
 */
import { badRequest, serviceUnavailable } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { EMPTY } from "../../base/bytes.ts";
import type { HttpResponse } from "../../base/http.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { findEntry } from "./get.ts";

interface Pod extends KubernetesObject {
  spec: {
    nodeName?: string;
    containers: { name: string }[];
    initContainers?: { name: string }[];
    ephemeralContainers?: { name: string }[];
  };
}

const PASSED_ON: readonly string[] = [
  "follow",
  "previous",
  "sinceSeconds",
  "sinceTime",
  "timestamps",
  "tailLines",
  "limitBytes",
  "stream",
];

function containerOf({ metadata, spec }: Pod, asked: string | null): string {
  const init = (spec.initContainers ?? []).map(({ name }) => name);
  const main = spec.containers.map(({ name }) => name);
  const debug = (spec.ephemeralContainers ?? []).map(({ name }) => name);
  if (asked) {
    if ([...init, ...main, ...debug].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  const [only] = main;
  const wanted = metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  if (wanted && main.includes(wanted)) return wanted;
  if (only !== undefined && main.length === 1) return only;
  const choices = `[${main.join(" ")}]`;
  const also = init.length > 0 ? ` or one of the init containers: [${init.join(" ")}]` : "";
  throw badRequest(`a container name must be specified for pod ${metadata.name}, choose one of: ${choices}${also}`);
}

export async function log(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const { context, namespace, name, row } = target;
  const { query } = context.info;
  const pod = parts.caches.parse(row, await findEntry(parts, target)) as Pod;
  const container = containerOf(pod, query.get("container"));
  const { nodeName } = pod.spec;
  // A Pod without a node has no log, and that is no error: kubectl logs -f would give up.
  if (!nodeName) return { status: 204, headers: {}, body: EMPTY };
  const kubelet = parts.dialNode(nodeName);
  if (kubelet === undefined) throw serviceUnavailable(`no connection to the kubelet of node ${nodeName}`);
  const passed = new URLSearchParams();
  for (const key of PASSED_ON) {
    const value = query.get(key);
    if (value !== null) passed.set(key, value);
  }
  return kubelet({
    method: "GET",
    path: `/containerLogs/${namespace}/${name}/${container}`,
    query: passed.toString(),
    headers: {},
    body: () => Promise.resolve(EMPTY),
    remoteAddress: "",
    signal: context.request.signal,
  });
}
