/** Volumes behind claims, as far as a node can serve them by itself: hostPath and local. https://kubernetes.io/docs/concepts/storage/persistent-volumes/ */
import { PersistentVolume } from "../../api/core/persistent-volume.ts";
import { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import type { PersistentVolumeClaimVolumeSource } from "../../api/generated/shared.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Client } from "../../client/client.ts";
import type { Host } from "../host/host.ts";
import type { ReadonlyPod } from "../pod/containers.ts";
import { checkHostPath } from "./host-path.ts";

export async function claimedPath(
  client: Client,
  host: Host,
  pod: ReadonlyPod,
  { claimName }: DeepReadonly<PersistentVolumeClaimVolumeSource>,
): Promise<string> {
  const { namespace } = pod.metadata;
  const claim = await client.get(PersistentVolumeClaim, { namespace, name: claimName });
  const { volumeName } = claim.spec;
  if (claim.status.phase !== "Bound" || !volumeName) throw new Error(`PVC ${namespace}/${claimName} is not bound`);
  const { spec } = await client.get(PersistentVolume, { name: volumeName });
  if (spec.hostPath !== undefined) return checkHostPath(host, spec.hostPath);
  if (spec.local !== undefined) {
    if ((await host.kindOf(spec.local.path)) === undefined) throw new Error(`path "${spec.local.path}" does not exist`);
    return spec.local.path;
  }
  throw new Error("no volume plugin matched");
}
