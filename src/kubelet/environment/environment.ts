/**
 * The environment of a container: Service links, then `envFrom`, then `env`, where the later wins.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
 */
import { isNotFound } from "../../api/errors.ts";
import type { EnvVarSource } from "../../api/generated/shared.ts";
import { decodeBase64, decodeUtf8 } from "../../base/bytes.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { PodContainer, ReadonlyPod } from "../pod/containers.ts";
import type { ObjectSource } from "../sources/objects.ts";
import { expand } from "./expansion.ts";
import { type Addresses, fieldValue, resourceValue } from "./field-paths.ts";

export interface EnvironmentContext extends Addresses {
  pod: ReadonlyPod;
  container: PodContainer;
  objects: ObjectSource;
  services: Readonly<Record<string, string>>;
  allocatable: Readonly<Record<string, string>>;
}

export type Environment = readonly { key: string; value: string }[];

/** Undefined where the object may be missing and is. */
async function optionally<T>(optional: boolean | undefined, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (optional && isNotFound(error)) return undefined;
    throw error;
  }
}

const isName = (name: string): boolean => name !== "" && !/[=\0]/.test(name);

async function fromAll({ pod, container, objects }: EnvironmentContext): Promise<Map<string, string>> {
  const { namespace } = pod.metadata;
  const values = new Map<string, string>();
  for (const { configMapRef, secretRef, prefix = "" } of container.envFrom ?? []) {
    if (configMapRef) {
      const found = await optionally(configMapRef.optional, () => objects.configMap(namespace, configMapRef.name ?? ""));
      for (const [key, value] of Object.entries(found?.data ?? {})) if (isName(prefix + key)) values.set(prefix + key, value);
    } else if (secretRef) {
      const found = await optionally(secretRef.optional, () => objects.secret(namespace, secretRef.name ?? ""));
      for (const [key, value] of Object.entries(found?.data ?? {}))
        if (isName(prefix + key)) values.set(prefix + key, decodeUtf8(decodeBase64(value)));
    }
  }
  return values;
}

/** Undefined: the variable is left out. */
async function fromSource(source: DeepReadonly<EnvVarSource>, context: EnvironmentContext): Promise<string | undefined> {
  const { pod, container, objects, allocatable } = context;
  const { namespace } = pod.metadata;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef) return fieldValue(pod, fieldRef.fieldPath, context);
  if (resourceFieldRef) return resourceValue(pod, container, resourceFieldRef, allocatable);
  if (configMapKeyRef) {
    const { name = "", key, optional } = configMapKeyRef;
    const found = await optionally(optional, () => objects.configMap(namespace, name));
    const value = found?.data?.[key];
    if (value === undefined && !optional) throw new Error(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return value;
  }
  if (secretKeyRef) {
    const { name = "", key, optional } = secretKeyRef;
    const found = await optionally(optional, () => objects.secret(namespace, name));
    const value = found?.data?.[key];
    if (value === undefined && !optional) throw new Error(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return value === undefined ? undefined : decodeUtf8(decodeBase64(value));
  }
  return "";
}

/** Rejects with an Error of which the message is what the container's status says. */
export async function environmentOf(context: EnvironmentContext): Promise<Environment> {
  const { container, services } = context;
  const values = await fromAll(context);
  const known = (name: string): string | undefined => values.get(name) ?? services[name];
  for (const { name, value, valueFrom } of container.env ?? []) {
    const found = valueFrom ? await fromSource(valueFrom, context) : expand(value ?? "", known);
    if (found === undefined) continue;
    // A variable set again comes where it was set last.
    values.delete(name);
    values.set(name, found);
  }
  for (const name in services) if (!values.has(name)) values.set(name, services[name] ?? "");
  return [...values].map(([key, value]) => ({ key, value }));
}
