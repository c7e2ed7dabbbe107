/** How a Node is printed: its status, and its roles, which stand in its labels. */

import type { DeepReadonly } from "../../base/readonly.ts";
import { conditionOf } from "../conditions.ts";
import type * as generated from "../generated/core-v1.ts";
import type { Cell } from "../row.ts";
import { ageOf, NONE, UNKNOWN } from "../table/cells.ts";

type Node = DeepReadonly<generated.Node>;

const ROLE_PREFIX = "node-role.kubernetes.io/";
const ROLE_LABEL = "kubernetes.io/role";

export function nodeCells(node: Node): readonly Cell[] {
  const info = node.status?.nodeInfo;
  return [
    node.metadata.name,
    formatStatus(node),
    formatRoles(node.metadata.labels),
    ageOf(node),
    info?.kubeletVersion ?? "",
    addressOf(node, "InternalIP"),
    addressOf(node, "ExternalIP"),
    info?.osImage || UNKNOWN,
    info?.kernelVersion || UNKNOWN,
    info?.containerRuntimeVersion || UNKNOWN,
  ];
}

function formatStatus({ spec, status }: Node): string {
  const ready = conditionOf(status?.conditions, "Ready");
  const word = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word;
}

function formatRoles(labels: Readonly<Record<string, string>> = {}): string {
  const roles = Object.entries(labels).map(([key, value]) =>
    key.startsWith(ROLE_PREFIX) ? key.slice(ROLE_PREFIX.length) : key === ROLE_LABEL ? value : "",
  );
  return [...new Set(roles.filter(Boolean))].sort().join(",") || NONE;
}

const addressOf = ({ status }: Node, wanted: string): string =>
  status?.addresses?.find(({ type }) => type === wanted)?.address ?? NONE;
