/**
 * Volumes of a node with a disk: written under the Pod's directory, at upstream's paths, and kept up to date while the Pod lives.
 *
 * A Pod's volumes are worked on one step after the other. Contents change as a whole (see Host.writeVolume); a token is replaced
 * when four fifths of its life are over.
 * https://kubernetes.io/docs/concepts/storage/volumes/
 */
import { ServiceAccount } from "../../api/core/service-account.ts";
import type { Volume, VolumeMount } from "../../api/generated/shared.ts";
import { quantityValue } from "../../api/quantity.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Entropy } from "../../base/entropy.ts";
import type { Logger } from "../../base/logger.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Client } from "../../client/client.ts";
import { type KubeletPaths, podDirectoryOf } from "../config/pod-configs.ts";
import { podResources } from "../config/resources.ts";
import type { Host } from "../host/host.ts";
import type { PodContainer, ReadonlyPod } from "../pod/containers.ts";
import { handlerFeatures } from "../pod/runtime-handler.ts";
import type { Mount } from "../runtime/config.ts";
import type { RuntimeService } from "../runtime/runtime.ts";
import type { ObjectSource } from "../sources/objects.ts";
import { referencesOf } from "../sources/references.ts";
import type { Wheel } from "../wheel.ts";
import { claimedPath } from "./claims.ts";
import { emptyDir } from "./empty-dir.ts";
import { checkHostPath } from "./host-path.ts";
import { volumeFiles } from "./sources.ts";
import { createTokens, type RequestToken, type Tokens } from "./tokens.ts";
import { mountFailed, type PodVolumes } from "./volumes.ts";

export interface WrittenVolumesOptions {
  client: Client;
  runtime: RuntimeService;
  clock: Clock;
  wheel: Wheel;
  entropy: Entropy;
  logger: Logger;
  host: Host;
  paths: KubeletPaths;
  objects: ObjectSource;
  hostIps(): readonly string[];
  allocatable(): Readonly<Record<string, string>>;
}

const PLUGINS = ["configMap", "secret", "projected", "downwardAPI", "emptyDir"] as const;
const PLUGIN_DIRECTORIES: Record<(typeof PLUGINS)[number], string> = {
  configMap: "kubernetes.io~configmap",
  secret: "kubernetes.io~secret",
  projected: "kubernetes.io~projected",
  downwardAPI: "kubernetes.io~downward-api",
  emptyDir: "kubernetes.io~empty-dir",
};

const REFRESH_RETRY_MS = 60_000;

/** What is known of a Pod's volumes. */
interface Entry {
  pod: ReadonlyPod;
  /** Where each volume is, by name. */
  paths: Map<string, string>;
  work: Promise<unknown>;
  rotation: Timer | undefined;
}

const requestToken =
  (client: Client): RequestToken =>
  ({ metadata, spec }, audiences, expirationSeconds) =>
    client.post(ServiceAccount, { namespace: metadata.namespace, name: spec.serviceAccountName || "default" }, "token", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: {},
      spec: {
        audiences,
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name: metadata.name, uid: metadata.uid },
      },
    });

/** Answers where the volume is. Rejects with what stands in the Event. */
async function setUpOne(
  options: WrittenVolumesOptions,
  tokens: Tokens,
  pod: ReadonlyPod,
  volume: DeepReadonly<Volume>,
): Promise<string> {
  const { client, host, paths, objects } = options;
  const plugin = PLUGINS.find((name) => volume[name] !== undefined);
  const directory = plugin === undefined ? "" : PLUGIN_DIRECTORIES[plugin];
  const own = `${podDirectoryOf(pod, paths)}/volumes/${directory}/${volume.name}`;
  const group = pod.spec.securityContext?.fsGroup;
  if (volume.emptyDir !== undefined) {
    const memoryBytes = podResources(pod).memoryLimitBytes ?? quantityValue(options.allocatable().memory ?? "0");
    await emptyDir(host, own, volume.emptyDir, { group, memoryBytes });
    return own;
  }
  if (volume.hostPath !== undefined) return checkHostPath(host, volume.hostPath);
  if (volume.persistentVolumeClaim !== undefined) return claimedPath(client, host, pod, volume.persistentVolumeClaim);
  // The runtime mounts it (KEP-4639).
  if (volume.image !== undefined) return "";
  const token = (audience: string, seconds: number | undefined) => tokens.get(pod, audience, seconds);
  const context = { pod, objects, podIps: [], hostIps: options.hostIps(), allocatable: options.allocatable(), token };
  const files = await volumeFiles(context, volume);
  if (files === undefined) throw new Error("no volume plugin matched");
  await host.writeVolume(own, files, group);
  return own;
}

/** Volumes whose set-up fails only where something that they refer to is missing, or the node itself fails. */
async function isForeseen(options: WrittenVolumesOptions, pod: ReadonlyPod, volume: DeepReadonly<Volume>): Promise<boolean> {
  if (volume.emptyDir !== undefined) return true;
  const { objects } = options;
  const token = async (): Promise<string> => "";
  const context = { pod, objects, podIps: [], hostIps: options.hostIps(), allocatable: options.allocatable(), token };
  return (await volumeFiles(context, volume).catch(() => undefined)) !== undefined;
}

/** One step after the other. */
function queue<T>(entry: Entry, step: () => Promise<T>): Promise<T> {
  const done = entry.work.then(step, step);
  entry.work = done.catch(() => {});
  return done;
}

export function writtenVolumes(options: WrittenVolumesOptions): PodVolumes {
  const { client, clock, wheel, logger, host, paths, objects } = options;
  const entries = new Map<string, Entry>();
  const tokens = createTokens(clock, requestToken(client));

  async function setUpAll(entry: Entry): Promise<void> {
    for (const volume of entry.pod.spec.volumes ?? []) {
      try {
        entry.paths.set(volume.name, await setUpOne(options, tokens, entry.pod, volume));
      } catch (error) {
        throw mountFailed(volume.name, error instanceof Error ? error.message : String(error));
      }
    }
    entry.rotation?.cancel();
    const nextMs = tokens.refreshInMs(entry.pod);
    entry.rotation = nextMs === undefined ? undefined : wheel.after(nextMs, () => refresh(entry));
  }

  function refresh(entry: Entry): void {
    if (entries.get(entry.pod.metadata.uid) !== entry || entry.paths.size === 0) return;
    queue(entry, () => setUpAll(entry)).catch((error) => {
      logger.warn("volumes not brought up to date", { pod: entry.pod.metadata.name, error: String(error) });
      entry.rotation = wheel.after(REFRESH_RETRY_MS, () => refresh(entry));
    });
  }

  return {
    async setUp(pod, onChange) {
      const { uid } = pod.metadata;
      const entry: Entry = entries.get(uid) ?? { pod, paths: new Map(), work: Promise.resolve(), rotation: undefined };
      entry.pod = pod;
      entries.set(uid, entry);
      objects.follow(pod, referencesOf(pod), () => {
        refresh(entry);
        onChange();
      });
      await queue(entry, () => setUpAll(entry));
    },
    async foreseen(pod) {
      for (const volume of pod.spec.volumes ?? []) if (!(await isForeseen(options, pod, volume))) return false;
      return true;
    },
    update(pod) {
      const entry = entries.get(pod.metadata.uid);
      if (entry === undefined) return;
      entry.pod = pod;
      refresh(entry);
    },
    async mounts(pod, container, values) {
      const entry = entries.get(pod.metadata.uid);
      return Promise.all(
        (container.volumeMounts ?? []).map((mount) => mountOf(options, { pod, container, entry }, mount, values)),
      );
    },
    async tearDown(pod) {
      const entry = entries.get(pod.metadata.uid);
      entries.delete(pod.metadata.uid);
      objects.forget(pod.metadata.uid);
      tokens.forget(pod.metadata.uid);
      entry?.rotation?.cancel();
      await entry?.work;
      await takeDown(host, pod, paths);
    },
  };
}

const PROPAGATION = { None: "Private", HostToContainer: "HostToContainer", Bidirectional: "Bidirectional" } as const;

/** Whether what is mounted beneath is read-only, too. Rejects where that is asked for and cannot be. */
async function isRecursive(
  runtime: RuntimeService,
  { name, recursiveReadOnly: mode }: DeepReadonly<VolumeMount>,
): Promise<boolean> {
  if (mode === undefined || mode === "Disabled") return false;
  const isSupported = (await handlerFeatures(runtime, ""))?.recursiveReadOnlyMounts ?? false;
  if (isSupported || mode === "IfPossible") return isSupported;
  const why = `volume "${name}" requested recursive read-only mode, but it is not supported by the runtime`;
  throw new Error(`failed to resolve recursive read-only mode: ${why}`);
}

async function mountOf(
  { host, runtime }: WrittenVolumesOptions,
  { pod, container, entry }: { pod: ReadonlyPod; container: PodContainer; entry: Entry | undefined },
  mount: DeepReadonly<VolumeMount>,
  values: (text: string) => string,
): Promise<Mount> {
  const { name, mountPath, readOnly = false, subPath, subPathExpr, mountPropagation = "None" } = mount;
  const volume = pod.spec.volumes?.find((each) => each.name === name);
  const root = entry?.paths.get(name);
  if (root === undefined || volume === undefined) throw new Error(`cannot find volume "${name}" to mount into container`);
  const inside = subPathExpr === undefined ? subPath : values(subPathExpr);
  const isContent = PLUGINS.some((plugin) => plugin !== "emptyDir" && volume[plugin] !== undefined);
  const image = volume.image === undefined ? {} : { image: { image: volume.image.reference ?? "", subPath: inside ?? "" } };
  return {
    containerPath: mountPath.startsWith("/") ? mountPath : `/${mountPath}`,
    hostPath: inside && volume.image === undefined ? await insideOf(host, root, inside, { isContent, name, container }) : root,
    // What the kubelet writes is not the container's to change.
    readonly: readOnly || isContent || volume.image !== undefined || volume.persistentVolumeClaim?.readOnly === true,
    recursiveReadOnly: await isRecursive(runtime, mount),
    selinuxRelabel: false,
    propagation: PROPAGATION[mountPropagation],
    ...image,
  };
}

/** What is wrong with a path is not told in detail: it would speak of the node's files. */
async function insideOf(
  host: Host,
  root: string,
  subPath: string,
  { isContent, name, container }: { isContent: boolean; name: string; container: PodContainer },
): Promise<string> {
  if (subPath.startsWith("/")) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split("/").includes("..")) throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  try {
    return await host.within(root, subPath, !isContent);
  } catch (error) {
    const why = `failed to prepare subPath for volumeMount "${name}" of container "${container.name}"`;
    throw new Error(why, { cause: error });
  }
}

async function takeDown(host: Host, pod: ReadonlyPod, paths: KubeletPaths): Promise<void> {
  const directory = `${podDirectoryOf(pod, paths)}/volumes`;
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.emptyDir?.medium === "Memory") await host.unmount(`${directory}/${PLUGIN_DIRECTORIES.emptyDir}/${volume.name}`);
  }
  await host.remove(directory);
}
