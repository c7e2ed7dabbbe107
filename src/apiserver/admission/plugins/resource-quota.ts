/**
 * ResourceQuota: refuses what would exceed a quota of the namespace, and counts the rest in the transaction of the object itself, so
 * that concurrent writes cannot exceed it together. What is deleted is taken off by the quota controller.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#resourcequota
 */
import { Pod } from "../../../api/core/pod/pod.ts";
import { hasScopes, inScope } from "../../../api/core/quota/scopes.ts";
import { addUsage, growth, type Usage, usageOf } from "../../../api/core/quota/usage.ts";
import { ResourceQuota } from "../../../api/core/resource-quota.ts";
import { compareQuantities } from "../../../api/quantity.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import { recordOf } from "../../write/commit.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "../plugin.ts";
import { refusal } from "../refusal.ts";

type Quota = DeepReadonly<ResourceQuota>;

/** A quota of these asks every container to say what it needs. */
const COMPUTE: readonly string[] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

const only = (usage: Usage, names: readonly string[]): Usage =>
  Object.fromEntries(names.flatMap((name) => (usage[name] === undefined ? [] : [[name, usage[name]]])));

const shown = (usage: Usage): string =>
  Object.keys(usage)
    .sort()
    .map((name) => `${name}=${usage[name]}`)
    .join(",");

/** What containers leave out that the quota has to count: `limits.memory for: a,b`. */
function unspecified({ spec }: DeepReadonly<Pod>, hard: readonly string[]): string | undefined {
  const required = COMPUTE.filter((name) => hard.includes(name)).sort();
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const parts = required.flatMap((name) => {
    const which = name.startsWith("limits.") ? "limits" : "requests";
    const resource = name.replace(/^(requests|limits)\./, "");
    const missing = containers.filter(({ resources }) => resources?.[which]?.[resource] === undefined).map((each) => each.name);
    return missing.length === 0 ? [] : [`${name} for: ${missing.sort().join(",")}`];
  });
  return parts.length === 0 ? undefined : parts.join("; ");
}

function appliesTo(quota: Quota, { row, object }: AdmissionRequest): boolean {
  if (quota.spec === undefined || !hasScopes(quota.spec)) return true;
  return row === Pod && inScope(quota.spec, object as Pod);
}

/** The quota's new usage; undefined where the object does not change it. Throws where it is exceeded. */
function newUsage(request: AdmissionRequest, quota: Quota, grown: Usage): Usage | undefined {
  const { name } = quota.metadata;
  const hard = (quota.status?.hard ?? {}) as Usage;
  const used = (quota.status?.used ?? {}) as Usage;
  const names = Object.keys(hard);
  if (request.row === Pod && request.operation === "CREATE") {
    const missing = unspecified(request.object as Pod, names);
    if (missing !== undefined) throw refusal(request, `failed quota: ${name}: must specify ${missing}`);
  }
  const requested = only(grown, names);
  const counted = Object.keys(requested);
  if (counted.length === 0) return undefined;
  const unknown = counted.filter((each) => used[each] === undefined).sort();
  if (unknown.length > 0) throw refusal(request, `status unknown for quota: ${name}, resources: ${unknown.join(",")}`);
  const sum = addUsage(used, requested);
  const exceeded = counted.filter((each) => compareQuantities(sum[each] ?? "0", hard[each] ?? "0") > 0);
  if (exceeded.length > 0)
    throw refusal(
      request,
      `exceeded quota: ${name}, requested: ${shown(only(requested, exceeded))}, used: ${shown(only(used, exceeded))}, limited: ${shown(only(hard, exceeded))}`,
    );
  return sum;
}

function count(quota: Quota, used: Usage, { alsoCommit }: AdmissionContext): void {
  const { namespace, name, resourceVersion } = quota.metadata;
  alsoCommit({
    type: "put",
    key: `${ResourceQuota.prefix}${namespace}/${name}`,
    value: recordOf(ResourceQuota, { ...quota, status: { ...quota.status, used } } as Quota),
    if: { revision: Number(resourceVersion) },
  });
}

export const resourceQuota: AdmissionPlugin = {
  name: "ResourceQuota",
  handles: (operation, row, subresource) =>
    row.namespaced &&
    row.stored &&
    (subresource === "" || (row === Pod && subresource === "resize")) &&
    (operation === "CREATE" || operation === "UPDATE"),
  validate(request, context) {
    const { object, old, row, namespace } = request;
    if (object === undefined) return;
    const quotas = context.reader.list(ResourceQuota, namespace) as Quota[];
    if (quotas.length === 0) return;
    const grown = growth(usageOf(row, object), old === undefined ? {} : usageOf(row, old));
    // All are checked before any is counted.
    const changes = quotas
      .filter((quota) => appliesTo(quota, request))
      .flatMap((quota) => {
        const used = newUsage(request, quota, grown);
        return used === undefined ? [] : [{ quota, used }];
      });
    if (!request.dryRun) for (const { quota, used } of changes) count(quota, used, context);
  },
};
