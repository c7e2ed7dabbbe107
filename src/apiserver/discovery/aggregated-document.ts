/**
 * Aggregated discovery: all groups with all their resources in one document. `/api` holds the core group, `/apis` all others.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
 */
import type { Subresource } from "../../api/row.ts";
import type { ApiGroup, ApiVersion, ServedResource } from "./api-groups.ts";

export const AGGREGATED_MEDIA_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

export const aggregatedDocument = (groups: readonly ApiGroup[]) => ({
  kind: "APIGroupDiscoveryList",
  apiVersion: "apidiscovery.k8s.io/v2",
  metadata: {},
  items: groups.map(({ name, versions }) => ({
    metadata: { ...(name === "" ? {} : { name }), creationTimestamp: null },
    versions: versions.map(versionOf),
  })),
});

const versionOf = ({ version, resources }: ApiVersion) => ({
  version,
  resources: resources.map(resourceOf),
  freshness: "Current",
});

const resourceOf = (served: ServedResource) => {
  const { row, face } = served;
  return {
    resource: row.resource,
    // Group and version are those of the document around, unless they are named.
    responseKind: { group: "", version: "", kind: face.kind },
    scope: row.namespaced ? "Namespaced" : "Cluster",
    singularResource: row.singular,
    verbs: row.verbs,
    ...(row.shortNames.length > 0 ? { shortNames: row.shortNames } : {}),
    ...(row.categories.length > 0 ? { categories: row.categories } : {}),
    ...(row.subresources.length > 0 ? { subresources: row.subresources.map((each) => subresourceOf(served, each)) } : {}),
  };
};

function subresourceOf({ row, face }: ServedResource, { name, kind, verbs }: Subresource) {
  const isForeign = kind.group !== face.group && kind.group !== row.group;
  return {
    subresource: name,
    responseKind: isForeign ? kind : { group: "", version: "", kind: kind.kind },
    verbs,
  };
}
