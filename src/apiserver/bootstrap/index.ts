/**
 * The objects of a new cluster, as drafts that are committed together at first start, in the order in which they stand here.
 * They come from the facts about upstream's own, plus what Timonier's components need.
 */
import { flowControlObjects, priorityClassObjects, rbacObjects } from "../../api/generated/bootstrap.ts";
import type { ClusterRole } from "../../api/generated/rbac-v1.ts";
import type { Draft, KubernetesObject } from "../../api/meta.ts";
import { fillAggregated } from "./aggregation.ts";
import { apiServices } from "./api-services.ts";
import { componentRoles } from "./component-roles.ts";
import { type TrustOptions, trustConfigMaps } from "./config-maps.ts";
import { systemNamespaces } from "./namespaces.ts";

export { aggregatedRules } from "./aggregation.ts";
export { SYSTEM_NAMESPACES } from "./namespaces.ts";
export { type Change, reconcileRbac } from "./reconcile.ts";
export type { TrustOptions };

/** Default roles and bindings, aggregated roles filled. Reconciled at later starts. */
export function bootstrapRbac(): Draft<KubernetesObject>[] {
  const objects = [...rbacObjects(), ...componentRoles()];
  fillAggregated(objects.filter(({ kind }) => kind === "ClusterRole") as ClusterRole[]);
  return objects;
}

/** Everything that a new cluster has. */
export const bootstrapObjects = (trust: TrustOptions): Draft<KubernetesObject>[] => [
  ...(systemNamespaces() as Draft<KubernetesObject>[]),
  ...bootstrapRbac(),
  ...flowControlObjects(),
  ...priorityClassObjects(),
  ...(apiServices() as Draft<KubernetesObject>[]),
  ...(trustConfigMaps(trust) as Draft<KubernetesObject>[]),
];
