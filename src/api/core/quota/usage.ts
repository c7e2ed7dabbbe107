/**
 * What one object counts for in a ResourceQuota: the rule that admission and the quota controller share.
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { KubernetesObject } from "../../meta.ts";
import { addQuantities, compareQuantities, subtractQuantities } from "../../quantity.ts";
import type { AnyResource } from "../../row.ts";
import { PersistentVolumeClaim } from "../persistent-volume-claim.ts";
import { Pod } from "../pod/pod.ts";
import { podResources } from "../pod/resource-totals.ts";
import { Service } from "../service.ts";

export type Usage = Readonly<Record<string, string>>;

/** Core resources that were counted by their plain name before `count/…` came. */
const PLAIN_NAMES: ReadonlySet<string> = new Set([
  "pods",
  "services",
  "persistentvolumeclaims",
  "configmaps",
  "secrets",
  "replicationcontrollers",
  "resourcequotas",
]);
/** Requests of these count under their plain name too. */
const PLAIN_REQUESTS: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

function ofPod({ spec, status }: DeepReadonly<Pod>): Usage {
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return {};
  const { requests, limits } = podResources(spec);
  const usage: Record<string, string> = { pods: "1" };
  for (const [name, value] of Object.entries(requests)) {
    if (PLAIN_REQUESTS.has(name) || name.startsWith("hugepages-")) usage[name] = value;
    usage[`requests.${name}`] = value;
  }
  for (const [name, value] of Object.entries(limits)) if (PLAIN_REQUESTS.has(name)) usage[`limits.${name}`] = value;
  return usage;
}

function ofService({ spec }: DeepReadonly<Service>): Usage {
  const ports = String(spec?.ports?.length ?? 0);
  if (spec?.type === "NodePort") return { services: "1", "services.nodeports": ports };
  if (spec?.type !== "LoadBalancer") return { services: "1" };
  return {
    services: "1",
    "services.loadbalancers": "1",
    "services.nodeports": spec.allocateLoadBalancerNodePorts === false ? "0" : ports,
  };
}

function ofClaim({ metadata, spec }: DeepReadonly<PersistentVolumeClaim>): Usage {
  const size = spec?.resources?.requests?.storage;
  const storageClass = metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "";
  const usage: Record<string, string> = {
    persistentvolumeclaims: "1",
    ...(size === undefined ? {} : { "requests.storage": size }),
  };
  if (storageClass === "") return usage;
  const prefix = `${storageClass}.storageclass.storage.k8s.io/`;
  return {
    ...usage,
    [`${prefix}persistentvolumeclaims`]: "1",
    ...(size === undefined ? {} : { [`${prefix}requests.storage`]: size }),
  };
}

/** By quota resource: `pods`, `requests.cpu`, `count/deployments.apps`, … */
export function usageOf(row: AnyResource, object: DeepReadonly<KubernetesObject>): Usage {
  const counted: Usage = { [`count/${row.group === "" ? row.resource : `${row.resource}.${row.group}`}`]: "1" };
  if (row === Pod) return { ...counted, ...ofPod(object as DeepReadonly<Pod>) };
  if (row === Service) return { ...counted, ...ofService(object as DeepReadonly<Service>) };
  if (row === PersistentVolumeClaim) return { ...counted, ...ofClaim(object as DeepReadonly<PersistentVolumeClaim>) };
  return row.group === "" && PLAIN_NAMES.has(row.resource) ? { ...counted, [row.resource]: "1" } : counted;
}

/** What `now` uses more than `before`; nothing that shrank or stayed. */
export function growth(now: Usage, before: Usage): Usage {
  const grown: Record<string, string> = {};
  for (const [name, value] of Object.entries(now)) {
    const old = before[name] ?? "0";
    if (compareQuantities(value, old) > 0) grown[name] = subtractQuantities(value, old);
  }
  return grown;
}

export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Record<string, string> = { ...a };
  for (const [name, value] of Object.entries(b)) sum[name] = addQuantities(sum[name] ?? "0", value);
  return sum;
}
