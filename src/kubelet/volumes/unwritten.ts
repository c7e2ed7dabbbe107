/** Volumes of a node without a disk: nothing is written, but what a volume refers to has to be there, as on every node. */
import type { ObjectSource } from "../sources/objects.ts";
import { referencesOf } from "../sources/references.ts";
import { volumeFiles } from "./sources.ts";
import { mountFailed, type PodVolumes } from "./volumes.ts";

export const unwrittenVolumes = (
  objects: ObjectSource,
  hostIps: () => readonly string[],
  allocatable: () => Readonly<Record<string, string>>,
): PodVolumes => ({
  async setUp(pod, onChange) {
    objects.follow(pod, referencesOf(pod), onChange);
    for (const volume of pod.spec.volumes ?? []) {
      try {
        await volumeFiles({ pod, objects, podIps: [], hostIps: hostIps(), allocatable: allocatable() }, volume);
      } catch (error) {
        throw mountFailed(volume.name, error instanceof Error ? error.message : String(error));
      }
    }
  },
  // There is nothing to gain: nothing is written.
  foreseen: async () => false,
  update() {},
  mounts: async () => [],
  async tearDown(pod) {
    objects.forget(pod.metadata.uid);
  },
});
