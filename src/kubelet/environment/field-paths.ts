/**
 * The downward API: fields of a Pod and amounts of its containers, as text.
 * https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
 */

import type { ResourceFieldSelector } from "../../api/generated/shared.ts";
import { quantityMilliValue, quantityValue } from "../../api/quantity.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { allContainers, type PodContainer, type ReadonlyPod } from "../pod/containers.ts";

export interface Addresses {
  podIps: readonly string[];
  hostIps: readonly string[];
}

/** `key="value"` lines, sorted, with Go's escapes: what files of labels and annotations hold. */
const mapText = (map: Readonly<Record<string, string>> = {}): string =>
  Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");

/** Throws an Error where there is no such field. */
export function fieldValue(pod: ReadonlyPod, path: string, { podIps, hostIps }: Addresses): string {
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) return metadata[subscript[1] as "labels" | "annotations"]?.[subscript[2] ?? ""] ?? "";
  switch (path) {
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace;
    case "metadata.uid":
      return metadata.uid;
    case "metadata.labels":
      return mapText(metadata.labels);
    case "metadata.annotations":
      return mapText(metadata.annotations);
    case "spec.nodeName":
      return spec.nodeName ?? "";
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "";
    case "status.hostIP":
      return hostIps[0] ?? "";
    case "status.hostIPs":
      return hostIps.join(",");
    case "status.podIP":
      return podIps[0] ?? "";
    case "status.podIPs":
      return podIps.join(",");
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

/** An amount in units of the divisor, rounded up; what has no limit is limited by the node. */
export function resourceValue(
  pod: ReadonlyPod,
  own: PodContainer | undefined,
  selector: DeepReadonly<ResourceFieldSelector>,
  allocatable: Readonly<Record<string, string>>,
): string {
  const container = selector.containerName
    ? allContainers(pod).find(({ container: { name } }) => name === selector.containerName)?.container
    : own;
  if (container === undefined) throw new Error(`container ${selector.containerName} not found`);
  const [which = "", ...rest] = selector.resource.split(".");
  const name = rest.join(".");
  const { limits = {}, requests = {} } = container.resources ?? {};
  const amount = which === "requests" ? (requests[name] ?? limits[name] ?? "0") : (limits[name] ?? allocatable[name] ?? "0");
  const read = name === "cpu" ? quantityMilliValue : quantityValue;
  const divisor = selector.divisor && selector.divisor !== "0" ? selector.divisor : "1";
  return String(Math.ceil(read(amount) / read(divisor)));
}
