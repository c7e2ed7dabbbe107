/** Kinds by their names, as tests and tools write them: `Pod`, `Deployment`. */
import type { Deployment } from "../api/apps/deployment.ts";
import type { ReplicaSet } from "../api/apps/replica-set.ts";
import type { ConfigMap } from "../api/core/config-map.ts";
import type { Endpoints } from "../api/core/endpoints.ts";
import type { Event } from "../api/core/event.ts";
import type { Namespace } from "../api/core/namespace.ts";
import type { Node } from "../api/core/node.ts";
import type { Pod } from "../api/core/pod/pod.ts";
import type { ReplicationController } from "../api/core/replication-controller.ts";
import type { Secret } from "../api/core/secret.ts";
import type { Service } from "../api/core/service.ts";
import type { ServiceAccount } from "../api/core/service-account.ts";
import type { EndpointSlice } from "../api/discovery/endpoint-slice.ts";
import type { KubernetesObject } from "../api/meta.ts";
import { builtInResources } from "../api/resources.ts";
import type { AnyResource } from "../api/row.ts";
import { assert } from "../base/assert.ts";

/** Kinds of which the type follows from the name; of others only what all objects have is known. */
export interface KindTypes {
  ConfigMap: ConfigMap;
  Deployment: Deployment;
  Endpoints: Endpoints;
  EndpointSlice: EndpointSlice;
  Event: Event;
  Namespace: Namespace;
  Node: Node;
  Pod: Pod;
  ReplicaSet: ReplicaSet;
  ReplicationController: ReplicationController;
  Secret: Secret;
  Service: Service;
  ServiceAccount: ServiceAccount;
}

export type ObjectOf<Kind extends string> = Kind extends keyof KindTypes ? KindTypes[Kind] : KubernetesObject;

/** `Deployment/api`, in the default namespace where the kind has one, or `Deployment/team/api`. */
export type Reference = `${string}/${string}`;
export type KindIn<R extends string> = R extends `${infer Kind}/${string}` ? Kind : string;

const rows: ReadonlyMap<string, AnyResource> = new Map(builtInResources.map((row) => [row.kind, row]));

export function rowNamed(kind: string): AnyResource {
  const row = rows.get(kind);
  assert(row !== undefined, `there is no kind ${JSON.stringify(kind)}: write it as kubectl api-resources shows it`);
  return row;
}

export interface Referred {
  row: AnyResource;
  ref: { namespace?: string; name: string };
}

export function referred(reference: string, defaultNamespace: string): Referred {
  const [kind = "", ...rest] = reference.split("/");
  const row = rowNamed(kind);
  const name = rest.at(-1) ?? "";
  assert(
    name !== "" && rest.length <= (row.namespaced ? 2 : 1),
    `${reference} is no reference: write Kind/name or Kind/namespace/name`,
  );
  if (!row.namespaced) return { row, ref: { name } };
  return { row, ref: { namespace: rest.length === 2 ? (rest[0] ?? "") : defaultNamespace, name } };
}
