/**
 * The contents of ConfigMap, Secret, downward API and projected volumes: paths, modes and bytes, without touching any disk.
 * https://kubernetes.io/docs/concepts/storage/volumes/ and .../projected-volumes/
 */
import { isNotFound } from "../../api/errors.ts";
import type { DownwardAPIVolumeFile, KeyToPath, Volume } from "../../api/generated/shared.ts";
import { decodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type Addresses, fieldValue, resourceValue } from "../environment/field-paths.ts";
import type { ReadonlyPod } from "../pod/containers.ts";
import type { ObjectSource } from "../sources/objects.ts";

export interface VolumeFile {
  mode: number;
  bytes: Uint8Array;
}

/** By path within the volume. */
export type VolumeFiles = Map<string, VolumeFile>;

export interface ContentContext extends Addresses {
  pod: ReadonlyPod;
  objects: ObjectSource;
  allocatable: Readonly<Record<string, string>>;
  /** A bound token of the Pod's ServiceAccount; absent where nobody reads it. */
  token?: (audience: string, expirationSeconds: number | undefined) => Promise<string>;
}

/** Of the source that it is written in Kubernetes' defaults. */
const DEFAULT_MODE = 0o644;

interface KeyedSource {
  data: Readonly<Record<string, Uint8Array>>;
  items: readonly DeepReadonly<KeyToPath>[] | undefined;
  optional: boolean;
  mode: number;
  /** `config` or `secret`: how a missing key is called. */
  what: string;
}

function keyedFiles({ data, items, optional, mode, what }: KeyedSource): [string, VolumeFile][] {
  if (items === undefined) return Object.entries(data).map(([key, bytes]) => [key, { mode, bytes }]);
  return items.flatMap(({ key, path, mode: own }): [string, VolumeFile][] => {
    const bytes = data[key];
    if (bytes !== undefined) return [[path, { mode: own ?? mode, bytes }]];
    if (optional) return [];
    throw new Error(`references non-existent ${what} key: ${key}`);
  });
}

/** Undefined where it may be missing and is. */
async function optionally<T>(optional: boolean, read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (optional && isNotFound(error)) return undefined;
    throw error;
  }
}

const mapValues = (record: Readonly<Record<string, string>> | undefined, of: (value: string) => Uint8Array) =>
  Object.fromEntries(Object.entries(record ?? {}).map(([key, value]) => [key, of(value)]));

interface NamedSource {
  name: string;
  items: readonly DeepReadonly<KeyToPath>[] | undefined;
  optional: boolean;
  mode: number;
}

async function configMapFiles({ pod, objects }: ContentContext, source: NamedSource) {
  const found = await optionally(source.optional, objects.configMap(pod.metadata.namespace, source.name));
  const data = { ...mapValues(found?.data, encodeUtf8), ...mapValues(found?.binaryData, decodeBase64) };
  return keyedFiles({ ...source, optional: source.optional || found === undefined, data, what: "config" });
}

async function secretFiles({ pod, objects }: ContentContext, source: NamedSource) {
  const found = await optionally(source.optional, objects.secret(pod.metadata.namespace, source.name));
  const data = mapValues(found?.data, decodeBase64);
  return keyedFiles({ ...source, optional: source.optional || found === undefined, data, what: "secret" });
}

function downwardFiles(context: ContentContext, items: readonly DeepReadonly<DownwardAPIVolumeFile>[], mode: number) {
  const { pod, allocatable } = context;
  return items.map(({ path, fieldRef, resourceFieldRef, mode: own }): [string, VolumeFile] => {
    const text = fieldRef
      ? fieldValue(pod, fieldRef.fieldPath, context)
      : resourceFieldRef
        ? resourceValue(pod, undefined, resourceFieldRef, allocatable)
        : "";
    return [path, { mode: own ?? mode, bytes: encodeUtf8(text) }];
  });
}

/** What a token must at least live for: less is not worth the rotation. */
export const TOKEN_SECONDS = 3_600;

async function projectedFiles(
  context: ContentContext,
  { sources, defaultMode: mode = DEFAULT_MODE }: DeepReadonly<NonNullable<Volume["projected"]>>,
) {
  const files: [string, VolumeFile][] = [];
  for (const { configMap, secret, downwardAPI, serviceAccountToken } of sources ?? []) {
    if (configMap) files.push(...(await configMapFiles(context, named(configMap.name, configMap, mode))));
    if (secret) files.push(...(await secretFiles(context, named(secret.name, secret, mode))));
    if (downwardAPI) files.push(...downwardFiles(context, downwardAPI.items ?? [], mode));
    if (serviceAccountToken && context.token) {
      const { path, audience = "", expirationSeconds } = serviceAccountToken;
      // Readable by its owner alone: what runs as another user gets its group through fsGroup.
      files.push([path, { mode: 0o600, bytes: encodeUtf8(await context.token(audience, expirationSeconds)) }]);
    }
  }
  return files;
}

const named = (
  name: string | undefined,
  source: { items?: readonly DeepReadonly<KeyToPath>[]; optional?: boolean },
  mode: number,
): NamedSource => ({
  name: name ?? "",
  items: source.items,
  optional: source.optional ?? false,
  mode,
});

/** Undefined where the volume is not made of files that the API knows. Rejects with what stands in an Event. */
export async function volumeFiles(context: ContentContext, volume: DeepReadonly<Volume>): Promise<VolumeFiles | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap)
    return new Map(await configMapFiles(context, named(configMap.name, configMap, configMap.defaultMode ?? DEFAULT_MODE)));
  if (secret) return new Map(await secretFiles(context, named(secret.secretName, secret, secret.defaultMode ?? DEFAULT_MODE)));
  if (downwardAPI) return new Map(downwardFiles(context, downwardAPI.items ?? [], downwardAPI.defaultMode ?? DEFAULT_MODE));
  if (projected) return new Map(await projectedFiles(context, projected));
  return undefined;
}
