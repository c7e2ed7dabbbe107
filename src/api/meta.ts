/** What all objects have in common. Objects in memory have the JSON shape of the version that is stored, kind and apiVersion included. */
import type { DeepReadonly } from "../base/readonly.ts";
import type { LabelSelector, ObjectMeta, OwnerReference } from "./generated/shared.ts";

export type { LabelSelector, ObjectMeta, OwnerReference };

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** An object as a client sends it: the server fills the rest. */
export type Draft<T> = T extends (infer E)[] ? Draft<E>[] : T extends object ? { [K in keyof T]?: Draft<T[K]> } : T;

export const namespaceOf = (object: DeepReadonly<KubernetesObject>): string => object.metadata.namespace ?? "";

/** `namespace/name`, or `name` of a cluster-scoped object: the key of work queues and caches. */
export const keyOf = (object: DeepReadonly<KubernetesObject>): string =>
  objectKey(object.metadata.namespace ?? "", object.metadata.name);

export const objectKey = (namespace: string, name: string): string => (namespace === "" ? name : `${namespace}/${name}`);

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return slash < 0 ? { namespace: "", name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The owner that manages this object, if there is one. */
export const controllerOf = (object: DeepReadonly<KubernetesObject>): DeepReadonly<OwnerReference> | undefined =>
  object.metadata.ownerReferences?.find(({ controller }) => controller === true);

/** The reference with which `owner` manages what it makes. */
export const controllerReference = (owner: DeepReadonly<KubernetesObject>): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});
