/**
 * Volumes of plugins that no kubelet has any more: the API still takes them.
 * https://kubernetes.io/docs/concepts/storage/volumes/
 */

/** By the field of a volume, or of a PersistentVolume's spec. */
const REMOVED: Readonly<Record<string, string>> = {
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  gitRepo: "deprecated in v1.11, and disabled by default in v1.33+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  flocker: "deprecated in v1.22, non-functional in v1.25+",
  storageOS: "deprecated in v1.22, non-functional in v1.25+",
  quobyte: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
};

/** `path`: where the volume stands. */
export const removedVolumeWarnings = (volume: object, path: string): string[] =>
  Object.entries(volume).flatMap(([field, source]) =>
    REMOVED[field] === undefined || source == null ? [] : [`${path}.${field}: ${REMOVED[field]}`],
  );
