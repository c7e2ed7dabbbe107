/**
 * exec, attach and port-forward: checked here, then the connection is the node's. What the kubelet answers is passed on as it is;
 * after its 101 bytes are carried both ways, no faster than either side takes them.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#-strong-misc-operations-pod-v1-core-strong-
 */
import { badRequest, internalError, serviceUnavailable } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { EMPTY } from "../../base/bytes.ts";
import type { Headers, HttpResponse } from "../../base/http.ts";
import { isUpgradeRequest } from "../../streaming/upgrade.ts";
import { admitConnect } from "../admission/subresource.ts";
import { attributesOf } from "../authz/request-attributes.ts";
import { decide, refusal } from "../authz-decision.ts";
import { queryFlag } from "../request-info.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { findEntry } from "./get.ts";

interface Named {
  name: string;
}

/** As much of a Pod as says where its streams are. */
export interface Pod extends KubernetesObject {
  spec: { nodeName?: string; containers: Named[]; initContainers?: Named[]; ephemeralContainers?: Named[] };
}

/** Of the client's headers, what the agreement on a protocol takes. */
const PASSED_ON = /^(connection|upgrade|sec-websocket-.*|x-stream-protocol-version)$/;

/** A GET opens streams as a POST does: who may only read must not. */
function requireCreate({ authorizers }: ServerParts, { context }: Target): void {
  if (context.info.verb === "create") return;
  const attributes = { ...attributesOf(context), verb: "create" };
  const decision = decide(authorizers, attributes);
  if (!decision.allowed) throw refusal(attributes, decision.reason);
}

/** The container that is asked for, or the only one. Throws 400 where it is none, or not clear. */
export function containerOf({ metadata, spec }: Pod, asked: string | null): string {
  const all = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])].map(({ name }) => name);
  if (asked) {
    if (all.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  const [only] = spec.containers;
  if (only === undefined) throw badRequest(`a container name must be specified for pod ${metadata.name}`);
  if (spec.containers.length === 1) return only.name;
  throw badRequest(`a container name must be specified for pod ${metadata.name}, choose one of: [${all.join(" ")}]`);
}

/** The kubelet's names for the options. */
function commandQuery(query: URLSearchParams, withCommand: boolean): URLSearchParams {
  const passed = new URLSearchParams();
  const flags = { stdin: "input", stdout: "output", stderr: "error", tty: "tty" };
  for (const [name, passedName] of Object.entries(flags)) if (queryFlag(query, name)) passed.set(passedName, "1");
  if (withCommand) for (const word of query.getAll("command")) passed.append("command", word);
  return passed;
}

function portQuery(query: URLSearchParams): URLSearchParams {
  const ports = query.getAll("ports").filter((port) => port !== "");
  return new URLSearchParams(ports.length === 0 ? {} : { port: ports.join(",") });
}

function headersOf(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => PASSED_ON.test(name)));
}

/** Path and query of the kubelet's own API. */
function locationOf(subresource: string, pod: Pod, query: URLSearchParams): { path: string; query: string } {
  const { namespace = "", name } = pod.metadata;
  if (subresource === "portforward") return { path: `/portForward/${namespace}/${name}`, query: portQuery(query).toString() };
  const container = containerOf(pod, query.get("container"));
  return {
    path: `/${subresource}/${namespace}/${name}/${container}`,
    query: commandQuery(query, subresource === "exec").toString(),
  };
}

/** What admission is shown: the options under the API's own names. */
function optionsOf(subresource: string, query: URLSearchParams): { kind: string; [field: string]: unknown } {
  if (subresource === "portforward")
    return { kind: "PodPortForwardOptions", ports: query.getAll("ports").flatMap((text) => text.split(",").map(Number)) };
  const flags = Object.fromEntries(["stdin", "stdout", "stderr", "tty"].map((name) => [name, queryFlag(query, name)]));
  const container = query.get("container") ?? "";
  return subresource === "exec"
    ? { kind: "PodExecOptions", ...flags, container, command: query.getAll("command") }
    : { kind: "PodAttachOptions", ...flags, container };
}

export async function connect(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const { context, row, name } = target;
  await admitConnect(parts, target, optionsOf(target.subresource?.name ?? "", context.info.query));
  requireCreate(parts, target);
  const pod = parts.caches.parse(row, await findEntry(parts, target)) as Pod;
  const location = locationOf(target.subresource?.name ?? "", pod, context.info.query);
  const { nodeName } = pod.spec;
  if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  const { request } = context;
  if (!isUpgradeRequest(request)) throw badRequest("Upgrade request required");
  const kubelet = parts.dialNode(nodeName);
  if (kubelet === undefined) throw serviceUnavailable(`no connection to the kubelet of node ${nodeName}`);
  try {
    return await kubelet({
      method: request.method,
      ...location,
      headers: headersOf(request.headers),
      body: () => Promise.resolve(EMPTY),
      remoteAddress: "",
      signal: request.signal,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw internalError(`error dialing backend: ${why}`, error);
  }
}
