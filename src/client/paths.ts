/** Where a resource stands in the API's paths: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris */
import type { AnyResource } from "../api/row.ts";
import type { DeleteOptions, ListOptions, ObjectRef, WatchOptions, WriteOptions } from "./client.ts";

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export function collectionPath(of: AnyResource, namespace: string | undefined): string {
  const root = of.group === "" ? `/api/${of.version}` : `/apis/${of.group}/${of.version}`;
  const within = of.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${within}/${of.resource}`;
}

export function objectPath(of: AnyResource, { namespace, name }: ObjectRef, subresource?: string): string {
  const path = `${collectionPath(of, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Without `?`; entries that are undefined or empty are left out. */
export function queryString(query: Query): string {
  const pairs: string[] = [];
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === "") continue;
    pairs.push(`${key}=${encodeURIComponent(String(value))}`);
  }
  return pairs.join("&");
}

export const listQuery = (options: ListOptions): Query => ({
  labelSelector: options.labelSelector,
  fieldSelector: options.fieldSelector,
  limit: options.limit,
  continue: options.continue,
  resourceVersion: options.resourceVersion,
  resourceVersionMatch: options.resourceVersionMatch,
});

export const watchQuery = (options: WatchOptions): Query => ({
  watch: true,
  labelSelector: options.labelSelector,
  fieldSelector: options.fieldSelector,
  resourceVersion: options.resourceVersion,
  allowWatchBookmarks: options.bookmarks || undefined,
  sendInitialEvents: options.sendInitialEvents || undefined,
  resourceVersionMatch: options.sendInitialEvents ? "NotOlderThan" : undefined,
  timeoutSeconds: options.timeoutSeconds,
});

export const writeQuery = (options: WriteOptions): Query => ({
  dryRun: options.dryRun ? "All" : undefined,
  fieldManager: options.fieldManager,
  force: options.force || undefined,
});

/** The body of a DELETE; undefined where nothing was asked for. */
export function deleteBody(options: DeleteOptions): object | undefined {
  const { uid, resourceVersion, gracePeriodSeconds, propagationPolicy } = options;
  if (Object.keys(options).length === 0) return undefined;
  const preconditions = { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  return {
    kind: "DeleteOptions",
    apiVersion: "v1",
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
  };
}
