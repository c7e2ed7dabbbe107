/**
 * Places Pods where their claims' volumes are or can be: bound volumes must be reachable from the node, and claims that wait for their
 * first consumer must find a free volume or have one made there.
 * https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode
 */

import { requestedBytes, storageClassOf } from "../../../api/storage/volume-matching.ts";
import { type Plugin, type Prepared, type Refusal, SKIP, type VolumeBindings } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";
import type { ClaimReference } from "../pod-volumes.ts";
import type { NodeFacts, Snapshot } from "../snapshot.ts";
import { canProvision, hasCapacity, matchingVolume, reachable } from "../volume-matching.ts";
import { type Claim, isBound, keyOf, type PersistentVolumeFacts, type VolumeState } from "../volume-state.ts";

const refusal = (reason: string): Refusal => ({ reason, preemptible: false });
const MISSING_VOLUME = refusal("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
const ELSEWHERE = refusal("node(s) didn't match PersistentVolume's node affinity");
const NO_VOLUME = refusal("node(s) didn't find available persistent volumes to bind");
const NO_SPACE = refusal("node(s) did not have enough free storage");

/** The Pod's claims by what is to be done about them. */
interface Claims {
  readonly bound: readonly Claim[];
  /** They wait for their first consumer; those that ask for less first. */
  readonly waiting: readonly Claim[];
}

function problemOf(claim: Claim | undefined, { name, ephemeral }: ClaimReference, { pod }: PodInfo): string | undefined {
  if (claim === undefined) {
    return ephemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
      : `persistentvolumeclaim "${name}" not found`;
  }
  if (claim.status?.phase === "Lost")
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`;
  if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
  const own = claim.metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === pod.metadata.uid);
  if (ephemeral && !own)
    return `PVC ${keyOf(claim)} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`;
  return undefined;
}

/** The claims, or why the Pod cannot be placed anywhere. */
function claimsOf(pod: PodInfo, { volumes: state }: Snapshot): Claims | string {
  const bound: Claim[] = [];
  const waiting: Claim[] = [];
  let immediate = false;
  for (const reference of pod.claims) {
    const claim = state.claims.get(`${pod.pod.metadata.namespace}/${reference.name}`);
    const problem = problemOf(claim, reference, pod);
    if (claim === undefined || problem !== undefined) return problem ?? "";
    if (isBound(claim)) bound.push(claim);
    else if (!claim.spec.volumeName && state.classes.get(storageClassOf(claim))?.volumeBindingMode === "WaitForFirstConsumer")
      waiting.push(claim);
    else immediate = true;
  }
  if (immediate) return "pod has unbound immediate PersistentVolumeClaims";
  return { bound, waiting: waiting.sort((a, b) => requestedBytes(a) - requestedBytes(b)) };
}

interface Found extends VolumeBindings {
  readonly refusals: readonly Refusal[];
}

type Volumes = ReadonlyMap<string, readonly PersistentVolumeFacts[]>;

/** What would be done on that node, or why it does not do. */
function findOn(node: NodeFacts, { bound, waiting }: Claims, volumes: Volumes, state: VolumeState): Found {
  const refusals: Refusal[] = [];
  for (const { spec } of bound) {
    const volume = state.volumes.get(spec.volumeName ?? "");
    if (volume !== undefined && reachable(volume, node)) continue;
    refusals.push(volume ? ELSEWHERE : MISSING_VOLUME);
    break;
  }
  const bind = new Map<string, string>();
  const taken = new Set<string>();
  const toProvision: Claim[] = [];
  for (const claim of waiting) {
    const selected = state.selectedNode(claim);
    if (selected !== undefined && selected !== node.name) return { refusals: [...refusals, NO_VOLUME], bind, provision: [] };
    const volume =
      selected === undefined
        ? matchingVolume(claim, volumes.get(storageClassOf(claim)) ?? [], node, { state, taken })
        : undefined;
    if (volume) taken.add(volume.metadata.name);
    if (volume) bind.set(keyOf(claim), volume.metadata.name);
    else toProvision.push(claim);
  }
  for (const claim of toProvision) {
    const storageClass = state.classes.get(storageClassOf(claim));
    const possible = storageClass !== undefined && canProvision(storageClass, node);
    if (possible && hasCapacity(claim, storageClass, node, state)) continue;
    refusals.push(possible ? NO_SPACE : NO_VOLUME);
    break;
  }
  return { refusals, bind, provision: toProvision.map(keyOf) };
}

function volumesByClass({ waiting }: Claims, { volumes: state }: Snapshot): Volumes {
  const byClass = new Map<string, PersistentVolumeFacts[]>();
  for (const claim of waiting) byClass.set(storageClassOf(claim), []);
  if (byClass.size > 0) for (const volume of state.volumes.values()) byClass.get(storageClassOf(volume))?.push(volume);
  return byClass;
}

export const volumeBinding: Plugin = {
  name: "VolumeBinding",
  weight: 0,
  wokenBy: ["Node:added", "Node:labels", "Claim:changed", "Volume:changed", "StorageClass:changed", "StorageDriver:changed"],
  normalize: "none",

  prepare(pod, snapshot): Prepared | typeof SKIP {
    if (pod.claims.length === 0) return SKIP;
    const claims = claimsOf(pod, snapshot);
    if (typeof claims === "string") return { rejection: claims };
    const volumes = volumesByClass(claims, snapshot);
    const on = (node: number): Found => findOn(snapshot.nodes[node]!, claims, volumes, snapshot.volumes);
    return {
      refuses: (node) => on(node).refusals.length > 0,
      explain: (node) => on(node).refusals,
      bindings(node) {
        const { bind, provision } = on(node);
        return { bind, provision };
      },
    };
  },
};
