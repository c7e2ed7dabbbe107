/**
 * Which taints a node's conditions stand for. Pure.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */
import { conditionOf } from "../../api/conditions.ts";
import type { Node } from "../../api/core/node.ts";
import type { Taint } from "../../api/core/taint.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

export type ReadonlyNode = DeepReadonly<Node>;
export type ReadonlyTaint = DeepReadonly<Taint>;

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

/** Condition → status → key of the taint. */
const CONDITION_TAINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: "node.kubernetes.io/memory-pressure" },
  DiskPressure: { True: "node.kubernetes.io/disk-pressure" },
  PIDPressure: { True: "node.kubernetes.io/pid-pressure" },
  NetworkUnavailable: { True: "node.kubernetes.io/network-unavailable" },
};

const OURS = new Set([UNSCHEDULABLE, ...Object.values(CONDITION_TAINTS).flatMap((keys) => Object.values(keys))]);

function wantedTaints(node: ReadonlyNode): Taint[] {
  const noSchedule = (node.status.conditions ?? []).flatMap(({ type, status }) => CONDITION_TAINTS[type]?.[status] ?? []);
  if (node.spec.unschedulable) noSchedule.push(UNSCHEDULABLE);
  const taints: Taint[] = noSchedule.map((key) => ({ key, effect: "NoSchedule" }));
  const noExecute = CONDITION_TAINTS.Ready?.[conditionOf(node.status.conditions, "Ready")?.status ?? ""];
  if (noExecute !== undefined) taints.push({ key: noExecute, effect: "NoExecute" });
  return taints;
}

const same = (a: ReadonlyTaint, b: ReadonlyTaint): boolean => a.key === b.key && a.effect === b.effect;
const isOurs = ({ key, effect }: ReadonlyTaint): boolean =>
  effect === "NoSchedule" ? OURS.has(key) : effect === "NoExecute" && (key === NOT_READY || key === UNREACHABLE);

/** The taints the node should have; undefined where it has them. What others put there stays. */
export function taintsFor(node: ReadonlyNode, timeAdded: string): ReadonlyTaint[] | undefined {
  const present = node.spec.taints ?? [];
  const wanted = wantedTaints(node);
  const kept = present.filter((taint) => !isOurs(taint) || wanted.some((each) => same(each, taint)));
  const added = wanted.filter((taint) => !present.some((each) => same(each, taint)));
  if (kept.length === present.length && added.length === 0) return undefined;
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded }))];
}
