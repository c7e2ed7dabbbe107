/**
 * Discovery, one document a group-version: what clients older than aggregated discovery read.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#unaggregated-discovery
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { discovery } from "../../api/generated/discovery.ts";
import type { AnyResource, Subresource } from "../../api/row.ts";
import { encodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import type { ApiGroup, ApiVersion, ServedResource } from "./api-groups.ts";

interface ApiResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  group?: string;
  version?: string;
  kind: string;
  verbs: readonly string[];
  shortNames?: readonly string[];
  categories?: readonly string[];
  storageVersionHash?: string;
}

const versionsOf = ({ versions }: ApiGroup) => versions.map(({ groupVersion, version }) => ({ groupVersion, version }));

const groupOf = (group: ApiGroup) => ({
  name: group.name,
  versions: versionsOf(group),
  preferredVersion: versionsOf(group)[0],
});

/** `/api`. `serverAddress`: host and port under which clients reach this server. */
export const apiVersionsDocument = (core: ApiGroup, serverAddress: string) => ({
  kind: "APIVersions",
  versions: core.versions.map(({ version }) => version),
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
});

/** `/apis`. */
export const apiGroupListDocument = (groups: readonly ApiGroup[]) => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: groups.map(groupOf),
});

/** `/apis/<group>`. */
export const apiGroupDocument = (group: ApiGroup) => ({ kind: "APIGroup", apiVersion: "v1", ...groupOf(group) });

/** `/api/v1`, `/apis/<group>/<version>`. */
export const apiResourceListDocument = ({ group, groupVersion, resources }: ApiVersion) => ({
  kind: "APIResourceList",
  // The core group's document is written without it.
  ...(group === "" ? {} : { apiVersion: "v1" }),
  groupVersion,
  resources: resources.flatMap(resourcesOf),
});

function resourcesOf(served: ServedResource): ApiResource[] {
  const { row, face } = served;
  return [
    {
      name: row.resource,
      singularName: row.singular,
      namespaced: row.namespaced,
      kind: face.kind,
      verbs: row.verbs,
      ...(row.shortNames.length > 0 ? { shortNames: row.shortNames } : {}),
      ...(row.categories.length > 0 ? { categories: row.categories } : {}),
      ...(row.stored ? { storageVersionHash: storageVersionHash(row) } : {}),
    },
    ...row.subresources.map((subresource) => subresourceOf(served, subresource)),
  ];
}

function subresourceOf({ row, face }: ServedResource, { name, kind, verbs }: Subresource): ApiResource {
  const isForeign = kind.group !== face.group && kind.group !== row.group;
  return {
    name: `${row.resource}/${name}`,
    singularName: "",
    namespaced: row.namespaced,
    ...(isForeign ? { group: kind.group, version: kind.version } : {}),
    kind: kind.kind,
    verbs,
  };
}

const knownHashes = new Map(discovery.map(({ group, resource, storageVersionHash: hash }) => [`${group}/${resource}`, hash]));

/**
 * Tells clients whether two resources are one storage: a short hash of group, version and kind of what is stored. Built-in resources
 * have upstream's, some of which speak of a version that is stored but not served.
 */
function storageVersionHash({ group, version, kind, resource, typed }: AnyResource): string {
  const known = typed ? knownHashes.get(`${group}/${resource}`) : undefined;
  return known ?? encodeBase64(sha256(encodeUtf8(`${group}/${version}/${kind}`)).subarray(0, 8));
}
