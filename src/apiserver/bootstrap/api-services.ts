/**
 * An APIService for each group-version that this server answers itself, so that clients which look for them find them.
 * https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
 */
import type { APIService } from "../../api/apiregistration/api-service.ts";
import { groupOrder } from "../../api/generated/discovery.ts";
import type { Draft } from "../../api/meta.ts";

/** The place of a group among all, as upstream gives it: higher ones come first. */
const PRIORITIES: Readonly<Record<string, number>> = {
  "": 18_000,
  apps: 17_800,
  "events.k8s.io": 17_750,
  "authentication.k8s.io": 17_700,
  "authorization.k8s.io": 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  "certificates.k8s.io": 17_300,
  "networking.k8s.io": 17_200,
  policy: 17_100,
  "rbac.authorization.k8s.io": 17_000,
  "storage.k8s.io": 16_800,
  "admissionregistration.k8s.io": 16_700,
  "apiextensions.k8s.io": 16_700,
  "scheduling.k8s.io": 16_600,
  "coordination.k8s.io": 16_500,
  "node.k8s.io": 16_300,
  "discovery.k8s.io": 16_200,
  "resource.k8s.io": 16_200,
  "flowcontrol.apiserver.k8s.io": 16_100,
};

const VERSION_PRIORITY = 15;

/** The API of APIServices itself has none. */
export function apiServices(): Draft<APIService>[] {
  return groupOrder.flatMap(({ group, versions }) => {
    const groupPriorityMinimum = PRIORITIES[group];
    if (groupPriorityMinimum === undefined) return [];
    return versions.map((version, index) => ({
      apiVersion: "apiregistration.k8s.io/v1" as const,
      kind: "APIService" as const,
      metadata: { name: `${version}.${group}`, labels: { "kube-aggregator.kubernetes.io/automanaged": "onstart" } },
      spec: {
        group,
        version,
        groupPriorityMinimum,
        versionPriority: group === "" ? 1 : VERSION_PRIORITY * (versions.length - index),
      },
    }));
  });
}
