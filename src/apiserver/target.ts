/** The resource that a request is about, as every verb takes it. */
import type { GroupResource } from "../api/errors.ts";
import type { AnyResource, Face, Subresource } from "../api/row.ts";
import type { RequestContext } from "./request-context.ts";

export interface Target {
  readonly context: RequestContext;
  readonly row: AnyResource;
  /** The group-version in which the request was made. */
  readonly face: Face;
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  readonly subresource: Subresource | undefined;
}

export const groupResource = ({ row, face }: Target): GroupResource => ({ group: face.group, resource: row.resource });

export const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group === "" ? version : `${group}/${version}`;

/** The key of the named object below the row's prefix. */
export const targetKey = ({ row, namespace, name }: Target): string => (row.namespaced ? `${namespace}/${name}` : name);
