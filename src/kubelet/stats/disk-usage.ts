/** What Pods take on the node's disk: logs, and volumes that live there. Trees are walked when somebody asks, at most once a minute. */
import type { Clock } from "../../base/clock.ts";
import { expiringMap } from "../../base/expiring-map.ts";
import { logDirectoryOf } from "../config/sandbox.ts";
import type { ReadonlyPod } from "../pod/containers.ts";
import type { Machine } from "./machine.ts";
import type { ContainerSample, FilesystemSample, VolumeSample } from "./samples.ts";

export interface DiskUsage {
  logs(pod: ReadonlyPod, container: string): Promise<FilesystemSample | undefined>;
  volumes(pod: ReadonlyPod): Promise<readonly VolumeSample[]>;
  /** All of the Pod that its node keeps only as long as it lives. */
  ephemeral(
    pod: ReadonlyPod,
    containers: readonly ContainerSample[],
    volumes: readonly VolumeSample[],
  ): FilesystemSample | undefined;
}

/** As upstream's volumeStatsAggPeriod. */
export const VOLUMES_KEEP_MS = 60_000;
const MOST_PODS = 1_024;

export interface DiskUsageOptions {
  clock: Clock;
  machine: Machine | undefined;
  paths: { root: string; logs: string };
}

/** Volumes of these kinds are the Pod's own; others have a life of theirs. */
const isEphemeral = ({ spec }: ReadonlyPod, name: string): boolean => {
  const volume = spec.volumes?.find((each) => each.name === name);
  if (volume === undefined || volume.emptyDir?.medium === "Memory") return false;
  return [volume.emptyDir, volume.configMap, volume.secret, volume.downwardAPI, volume.projected].some(
    (each) => each !== undefined,
  );
};

function claimOf({ metadata, spec }: ReadonlyPod, name: string): VolumeSample["claim"] {
  const volume = spec.volumes?.find((each) => each.name === name);
  const claim = volume?.persistentVolumeClaim?.claimName ?? (volume?.ephemeral && `${metadata.name}-${name}`);
  return claim === undefined ? undefined : { name: claim, namespace: metadata.namespace };
}

async function measured(machine: Machine, path: string): Promise<FilesystemSample | undefined> {
  const [whole, { bytes, inodes }] = await Promise.all([machine.filesystem(path), machine.usage(path)]);
  return whole && { ...whole, usedBytes: bytes, inodesUsed: inodes };
}

async function volumesOf(machine: Machine, pod: ReadonlyPod, root: string): Promise<VolumeSample[]> {
  const samples: VolumeSample[] = [];
  const base = `${root}/pods/${pod.metadata.uid}/volumes`;
  for (const plugin of await machine.names(base)) {
    for (const name of await machine.names(`${base}/${plugin}`)) {
      const sample = await measured(machine, `${base}/${plugin}/${name}`);
      if (sample !== undefined) samples.push({ ...sample, name, claim: claimOf(pod, name) });
    }
  }
  return samples.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function createDiskUsage({ clock, machine, paths }: DiskUsageOptions): DiskUsage {
  const volumes = expiringMap<readonly VolumeSample[]>({ clock, limit: MOST_PODS, keepMs: () => VOLUMES_KEEP_MS });
  return {
    logs: async (pod, container) => machine && measured(machine, `${logDirectoryOf(pod, paths.logs)}/${container}`),
    volumes: async (pod) =>
      machine === undefined ? [] : volumes.get(pod.metadata.uid, () => volumesOf(machine, pod, paths.root)),
    ephemeral(pod, containers, all) {
      const own = all.filter(({ name }) => isEphemeral(pod, name));
      const parts = [...containers.flatMap(({ rootfs, logs }) => [rootfs, logs]), ...own].filter((each) => each !== undefined);
      const [first] = parts;
      if (first === undefined) return undefined;
      const usedBytes = parts.reduce((total, part) => total + part.usedBytes, 0);
      return { ...first, usedBytes, inodesUsed: parts.reduce((total, part) => total + part.inodesUsed, 0) };
    },
  };
}
