/**
 * Keeps Pods in the zone and region that the labels of their bound volumes name.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesiozone
 */
import { storageClassOf } from "../../../api/storage/volume-matching.ts";
import { type Plugin, type Prepared, SKIP } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";
import type { NodeFacts, Snapshot } from "../snapshot.ts";

const ELSEWHERE = [{ reason: "node(s) had no available volume zone", preemptible: false }];

/** Labels of volumes, the older ones with the name that nodes may have instead. */
const LABELS: readonly (readonly [label: string, alternative: string | undefined])[] = [
  ["topology.kubernetes.io/zone", undefined],
  ["topology.kubernetes.io/region", undefined],
  ["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"],
  ["failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"],
];

interface Place {
  readonly label: string;
  readonly alternative: string | undefined;
  readonly values: readonly string[];
}

/** Where the volumes are, or why the Pod cannot be placed anywhere. */
function placesOf({ pod, claims }: PodInfo, { volumes: state }: Snapshot): readonly Place[] | string {
  const places: Place[] = [];
  for (const { name } of claims) {
    const claim = state.claims.get(`${pod.metadata.namespace}/${name}`);
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
    const { volumeName } = claim.spec;
    if (!volumeName) {
      const className = storageClassOf(claim);
      if (className === "") return "PersistentVolumeClaim had no pv name and storageClass name";
      if (state.classes.get(className)?.volumeBindingMode === "WaitForFirstConsumer") continue;
      return "PersistentVolume had no name";
    }
    const volume = state.volumes.get(volumeName);
    if (volume === undefined) return `persistentvolume "${volumeName}" not found`;
    for (const [label, alternative] of LABELS) {
      const value = volume.metadata.labels?.[label];
      // Several zones are joined.
      if (value !== undefined) places.push({ label, alternative, values: value.split("__") });
    }
  }
  return places;
}

function isIn({ labels }: NodeFacts, places: readonly Place[]): boolean {
  // A node that says nothing of zones is in all of them.
  if (!LABELS.some(([label]) => labels[label] !== undefined)) return true;
  return places.every(({ label, alternative, values }) => {
    const actual = labels[label] ?? (alternative === undefined ? undefined : labels[alternative]);
    return actual !== undefined && values.includes(actual);
  });
}

export const volumeZone: Plugin = {
  name: "VolumeZone",
  weight: 0,
  wokenBy: ["Node:added", "Node:labels", "Claim:changed", "Volume:changed", "StorageClass:changed"],
  normalize: "none",

  prepare(pod, snapshot): Prepared | typeof SKIP {
    if (pod.claims.length === 0) return SKIP;
    const places = placesOf(pod, snapshot);
    if (typeof places === "string") return { rejection: places };
    if (places.length === 0) return SKIP;
    return { refuses: (node) => !isIn(snapshot.nodes[node]!, places), explain: () => ELSEWHERE };
  },
};
