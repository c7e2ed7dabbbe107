/**
 * Keeps the phase of each volume, and does with it what it asks for once its claim is gone.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#lifecycle-of-a-volume-and-claim
 */
import { PersistentVolume } from "../../api/core/persistent-volume.ts";
import { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import { isNotFound } from "../../api/errors.ts";
import { keyOf } from "../../api/meta.ts";
import type { Lister } from "../../client/informer.ts";
import { type Controller, type ControllerContext, on, type Reconcile } from "../controller.ts";
import { messageOf } from "../pod-control.ts";
import { type ReadonlyClaim, type ReadonlyVolume, setVolumePhase, unbind, VOLUMES_BY_CLAIM } from "./binding.ts";

const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

export interface VolumeReclaimOptions {
  /** Removes the directory of a hostPath volume; without it the directory stays. */
  removeDirectory?: (path: string) => Promise<void>;
}

interface Sync {
  volume: ReadonlyVolume;
  context: ControllerContext;
  options: VolumeReclaimOptions;
}

const isLetGo = ({ status }: ReadonlyVolume): boolean => status?.phase === "Released" || status?.phase === "Failed";

/** The claim for which the volume is reserved; another one under its name is not it. */
async function ownClaim({ volume, context }: Sync): Promise<ReadonlyClaim | undefined> {
  const { namespace = "", name = "", uid } = volume.spec.claimRef ?? {};
  let claim: ReadonlyClaim | undefined = context.listers.get(PersistentVolumeClaim, namespace, name);
  // Before a volume is given up the server is asked: the cache may be behind the one who reserved it.
  if (claim?.metadata.uid !== uid && !isLetGo(volume)) {
    claim = await context.client.get(PersistentVolumeClaim, { namespace, name }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }
  return claim?.metadata.uid === uid ? claim : undefined;
}

async function fail({ context, volume }: Sync, reason: string, message: string): Promise<void> {
  if (volume.status?.phase !== "Failed") context.events.event(volume, "Warning", reason, message);
  await setVolumePhase(context.client, volume, "Failed", message);
}

/** Takes away what is behind the volume. Throws why it cannot; false where somebody else does it. */
async function deleteContent({ volume, options }: Sync): Promise<boolean> {
  const { metadata, spec } = volume;
  const provisioner = metadata.annotations?.[PROVISIONED_BY];
  if (provisioner && !provisioner.startsWith("kubernetes.io/")) return false;
  const { path } = spec.hostPath ?? {};
  if (path === undefined)
    throw new Error(
      `error getting deleter volume plugin for volume ${JSON.stringify(metadata.name)}: no deletable volume plugin matched`,
    );
  if (!/^\/tmp\/.+/.test(path)) throw new Error(`host_path deleter only supports /tmp/.+ but received provided ${path}`);
  await options.removeDirectory?.(path);
  return true;
}

async function reclaim(sync: Sync): Promise<void> {
  const { volume, context } = sync;
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case "Delete": {
      if (volume.metadata.deletionTimestamp !== undefined) return;
      try {
        if (!(await deleteContent(sync))) return;
      } catch (error) {
        return fail(sync, "VolumeFailedDelete", messageOf(error));
      }
      return context.client.delete(PersistentVolume, { name: volume.metadata.name }, { uid: volume.metadata.uid });
    }
    case "Recycle":
      return fail(sync, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
    default:
  }
}

async function release(sync: Sync): Promise<void> {
  const { volume, context } = sync;
  const released = isLetGo(volume) ? volume : await setVolumePhase(context.client, volume, "Released");
  await reclaim({ ...sync, volume: released });
}

const reconcileVolume =
  (options: VolumeReclaimOptions): Reconcile<PersistentVolume> =>
  async (volume, context) => {
    const { client } = context;
    const sync: Sync = { volume, context, options };
    const { claimRef, persistentVolumeReclaimPolicy } = volume.spec;
    // Free, or reserved by hand for a claim that has not taken it yet.
    if (claimRef === undefined || !claimRef.uid) return void (await setVolumePhase(client, volume, "Available"));
    const claim = await ownClaim(sync);
    if (claim === undefined) return release(sync);
    const { volumeName } = claim.spec;
    if (volumeName === volume.metadata.name) return void (await setVolumePhase(client, volume, "Bound"));
    // Not yet: the claim is on its way.
    if (!volumeName) return;
    const isMade = volume.metadata.annotations?.[PROVISIONED_BY] !== undefined;
    if (isMade && persistentVolumeReclaimPolicy === "Delete") return release(sync);
    return unbind(client, volume);
  };

/** Volumes to which the claim means something: those reserved for it, and the one that it names. */
function volumesFor(claim: ReadonlyClaim, listers: Lister): string[] {
  const reserved = listers.byIndex(PersistentVolume, VOLUMES_BY_CLAIM, keyOf(claim)).map(keyOf);
  return claim.spec.volumeName ? [...reserved, claim.spec.volumeName] : reserved;
}

export const volumeBinder = (options: VolumeReclaimOptions = {}): Controller<PersistentVolume> => ({
  name: "persistent-volume-binder",
  component: "persistentvolume-controller",
  reconciles: PersistentVolume,
  wokenBy: [on(PersistentVolumeClaim, volumesFor)],
  reconcile: reconcileVolume(options),
});

export const volumeProtection: Controller<PersistentVolume> = {
  name: "pv-protection-controller",
  reconciles: PersistentVolume,
  wokenBy: [],
  async reconcile(volume, { client }) {
    const finalizer = "kubernetes.io/pv-protection";
    const { finalizers = [], deletionTimestamp } = volume.metadata;
    const isProtected = finalizers.includes(finalizer);
    if (deletionTimestamp === undefined) {
      if (isProtected) return;
      await client.update(PersistentVolume, {
        ...volume,
        metadata: { ...volume.metadata, finalizers: [...finalizers, finalizer] },
      });
    } else if (isProtected && volume.status?.phase !== "Bound") {
      const others = finalizers.filter((each) => each !== finalizer);
      await client.update(PersistentVolume, { ...volume, metadata: { ...volume.metadata, finalizers: others } });
    }
  },
};
