/**
 * The rows that are served, as groups and versions in the order of discovery: the core group, upstream's order of built-in groups,
 * then custom groups by name. Within a group the preferred version stands first.
 */
import { groupOrder } from "../../api/generated/discovery.ts";
import type { AnyResource, Face } from "../../api/row.ts";

export interface ServedResource {
  readonly row: AnyResource;
  readonly face: Face;
}

export interface ApiVersion {
  readonly group: string;
  readonly version: string;
  /** `v1`, `apps/v1`. */
  readonly groupVersion: string;
  /** By plural name. */
  readonly resources: readonly ServedResource[];
}

export interface ApiGroup {
  readonly name: string;
  readonly versions: readonly ApiVersion[];
}

export function apiGroupsOf(rows: Iterable<AnyResource>): ApiGroup[] {
  const groups = new Map<string, Map<string, ServedResource[]>>();
  for (const row of rows) {
    for (const face of row.faces) {
      const versions = groups.get(face.group) ?? new Map<string, ServedResource[]>();
      groups.set(face.group, versions);
      versions.set(face.version, [...(versions.get(face.version) ?? []), { row, face }]);
    }
  }
  return [...groups]
    .sort(([a], [b]) => byGroup(a, b))
    .map(([name, versions]) => ({ name, versions: versionsOf(name, versions) }));
}

const groupRanks = new Map(groupOrder.map(({ group }, rank) => [group, rank]));

const byGroup = (a: string, b: string): number =>
  (groupRanks.get(a) ?? groupOrder.length) - (groupRanks.get(b) ?? groupOrder.length) || (a < b ? -1 : 1);

function versionsOf(group: string, versions: ReadonlyMap<string, readonly ServedResource[]>): ApiVersion[] {
  return [...versions.keys()].sort(comparePreference).map((version) => ({
    group,
    version,
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: (versions.get(version) ?? []).toSorted((a, b) => (a.row.resource < b.row.resource ? -1 : 1)),
  }));
}

const KUBE_VERSION = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;
const STABILITY: Readonly<Record<string, number>> = { alpha: 0, beta: 1, "": 2 };

/**
 * Stable versions before betas before alphas, higher numbers first, other names last by the alphabet.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority
 */
export function comparePreference(a: string, b: string): number {
  const [left, right] = [KUBE_VERSION.exec(a), KUBE_VERSION.exec(b)];
  if (left === null || right === null) return left ? -1 : right ? 1 : a < b ? -1 : 1;
  const [, majorA = "", stageA = "", minorA = "0"] = left;
  const [, majorB = "", stageB = "", minorB = "0"] = right;
  return (
    (STABILITY[stageB] ?? 0) - (STABILITY[stageA] ?? 0) || Number(majorB) - Number(majorA) || Number(minorB) - Number(minorA)
  );
}
