/**
 * Finds each claim its volume, or asks for one to be made.
 *
 * A claim of a class that waits for its first consumer is left to the scheduler, which reserves a volume near the Pod, or names the
 * node near which one is to be made.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/
 */
import { PersistentVolume } from "../../api/core/persistent-volume.ts";
import { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { keyOf } from "../../api/meta.ts";
import { StorageClass } from "../../api/storage/storage-class.ts";
import {
  findMatchingVolume,
  isReservedFor,
  leavesClassOpen,
  mismatch,
  storageClassOf,
} from "../../api/storage/volume-matching.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Lister } from "../../client/informer.ts";
import { type Controller, type ControllerContext, on, type Reconcile } from "../controller.ts";
import { timeOf } from "../time.ts";
import {
  bind,
  bindingIndexes,
  CLAIMS_BY_VOLUME,
  claimKeyOf,
  isBindCompleted,
  isBoundByController,
  PODS_BY_CLAIM,
  type ReadonlyClaim,
  type ReadonlyVolume,
  setClaimPhase,
  UNBOUND_BY_CLASS,
  VOLUMES_BY_CLAIM,
  VOLUMES_BY_CLASS,
} from "./binding.ts";

type ReadonlyClass = DeepReadonly<StorageClass>;

/** How often a claim without a volume is looked at anew, and says what it waits for. */
const RESYNC_MS = 15_000;
const SELECTED_NODE = "volume.kubernetes.io/selected-node";
const DEFAULT_CLASS = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
const PROVISIONER = ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"];

interface Sync {
  claim: ReadonlyClaim;
  context: ControllerContext;
}

type EventOf = (type: "Normal" | "Warning", reason: string, message: string) => void;
const teller = ({ claim, context }: Sync): EventOf => {
  return (type, reason, message) => context.events.event(claim, type, reason, message);
};

const isDefaultClass = ({ metadata }: ReadonlyClass): boolean =>
  DEFAULT_CLASS.some((key) => metadata.annotations?.[key] === "true");

/** The newest of the default classes. */
function defaultClass(listers: Lister): ReadonlyClass | undefined {
  const [newest] = [...listers.list(StorageClass)]
    .filter(isDefaultClass)
    .sort(
      (a, b) =>
        timeOf(b.metadata.creationTimestamp) - timeOf(a.metadata.creationTimestamp) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    );
  return newest;
}

function awaitConsumer(sync: Sync): void {
  const { claim, context } = sync;
  const names = context.listers
    .byIndex(Pod, PODS_BY_CLAIM, keyOf(claim))
    .filter(({ spec }) => !spec.nodeName)
    .map(({ metadata }) => metadata.name);
  if (names.length === 0)
    return teller(sync)("Normal", "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
  const message = `waiting for ${names.length > 1 ? "pods" : "pod"} ${names.join(",")} to be scheduled`;
  return teller(sync)("Normal", "WaitForPodScheduled", message);
}

/** Asks the provisioner of the class for a volume, by what it looks for in the claim. */
async function provision(sync: Sync, name: string): Promise<void> {
  const { claim, context } = sync;
  const { client, listers } = context;
  const tell = teller(sync);
  const storageClass = listers.get(StorageClass, "", name);
  if (storageClass === undefined)
    return tell("Warning", "ProvisioningFailed", `storageclass.storage.k8s.io ${JSON.stringify(name)} not found`);
  const { provisioner } = storageClass;
  // Those of Kubernetes itself are gone; every other one is a program of its own.
  if (provisioner.startsWith("kubernetes.io/"))
    return tell("Warning", "ProvisioningFailed", `no volume plugin matched name: ${provisioner}`);
  const { annotations } = claim.metadata;
  if (PROVISIONER.some((key) => annotations?.[key] !== provisioner)) {
    const named = Object.fromEntries(PROVISIONER.map((key) => [key, provisioner]));
    await client.update(PersistentVolumeClaim, {
      ...claim,
      metadata: { ...claim.metadata, annotations: { ...annotations, ...named } },
    });
  }
  tell(
    "Normal",
    "ExternalProvisioning",
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
  );
}

/** No volume fits now: gets the claim on its way to one. */
async function withoutVolume(sync: Sync, waits: boolean): Promise<void> {
  const { claim, context } = sync;
  const { client, listers } = context;
  const fallback = leavesClassOpen(claim) ? defaultClass(listers) : undefined;
  if (fallback !== undefined) {
    const storageClassName = fallback.metadata.name;
    await client.update(PersistentVolumeClaim, { ...claim, spec: { ...claim.spec, storageClassName } });
    return;
  }
  const name = storageClassOf(claim);
  if (waits) awaitConsumer(sync);
  else if (name !== "") await provision(sync, name);
  else {
    const message = "no persistent volumes available for this claim and no storage class is set";
    teller(sync)("Normal", "FailedBinding", message);
  }
}

async function findVolume(sync: Sync): Promise<void> {
  const { claim, context } = sync;
  const { client, listers } = context;
  const name = storageClassOf(claim);
  const waits =
    listers.get(StorageClass, "", name)?.volumeBindingMode === "WaitForFirstConsumer" &&
    !claim.metadata.annotations?.[SELECTED_NODE];
  const volumes = [
    ...listers.byIndex(PersistentVolume, VOLUMES_BY_CLAIM, keyOf(claim)),
    ...(waits ? [] : listers.byIndex(PersistentVolume, VOLUMES_BY_CLASS, name)),
  ];
  const volume = findMatchingVolume(claim, volumes, { reservedOnly: waits });
  if (volume !== undefined) return bind(client, volume, claim);
  await withoutVolume(sync, waits);
}

/** The claim names its volume itself. */
async function takeNamedVolume(sync: Sync, volume: ReadonlyVolume | undefined): Promise<void> {
  const { claim, context } = sync;
  const tell = teller(sync);
  const pending = (): Promise<void> => setClaimPhase(context.client, claim, "Pending");
  if (volume === undefined) return pending();
  const name = JSON.stringify(volume.metadata.name);
  if (volume.spec.claimRef === undefined) {
    const reason = mismatch(volume, claim);
    if (reason === undefined) return bind(context.client, volume, claim);
    tell("Warning", "VolumeMismatch", `Cannot bind to requested volume ${name}: ${reason}`);
    return pending();
  }
  if (isReservedFor(volume, claim)) return bind(context.client, volume, claim);
  if (!isBoundByController(claim)) tell("Warning", "FailedBinding", `volume ${name} already bound to a different claim.`);
  return pending();
}

/** The claim was bound: it stays so, or has lost its volume for good. */
async function keepBound(sync: Sync, volume: ReadonlyVolume | undefined): Promise<void> {
  const { claim, context } = sync;
  const lose = (reason: string, message: string): Promise<void> => {
    if (claim.status.phase !== "Lost") teller(sync)("Warning", reason, message);
    return setClaimPhase(context.client, claim, "Lost");
  };
  if (!claim.spec.volumeName)
    return lose("ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
  if (volume === undefined) return lose("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  if (volume.spec.claimRef === undefined || volume.spec.claimRef.uid === claim.metadata.uid)
    return bind(context.client, volume, claim);
  return lose("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
}

const reconcile: Reconcile<PersistentVolumeClaim> = async (claim, context) => {
  const sync: Sync = { claim, context };
  const { volumeName } = claim.spec;
  const volume = volumeName ? context.listers.get(PersistentVolume, "", volumeName) : undefined;
  if (isBindCompleted(claim)) return keepBound(sync, volume);
  context.requeueAfter(keyOf(claim), RESYNC_MS);
  return volumeName ? takeNamedVolume(sync, volume) : findVolume(sync);
};

/** Claims to which the volume means something: its own, those that name it, and while it is free all that wait for its class. */
function claimsFor(volume: ReadonlyVolume, listers: Lister): string[] {
  const own = claimKeyOf(volume);
  const naming = listers.byIndex(PersistentVolumeClaim, CLAIMS_BY_VOLUME, volume.metadata.name).map(keyOf);
  const isFree = own === undefined && volume.status?.phase === "Available";
  const waiting = isFree ? listers.byIndex(PersistentVolumeClaim, UNBOUND_BY_CLASS, storageClassOf(volume)).map(keyOf) : [];
  return [...(own === undefined ? [] : [own]), ...naming, ...waiting];
}

function claimsOfClass(storageClass: ReadonlyClass, listers: Lister): string[] {
  const names = [storageClass.metadata.name, ...(isDefaultClass(storageClass) ? [""] : [])];
  return names.flatMap((name) => listers.byIndex(PersistentVolumeClaim, UNBOUND_BY_CLASS, name).map(keyOf));
}

export const claimBinder: Controller<PersistentVolumeClaim> = {
  name: "persistent-volume-binder",
  component: "persistentvolume-controller",
  reconciles: PersistentVolumeClaim,
  wokenBy: [on(PersistentVolume, claimsFor), on(StorageClass, claimsOfClass)],
  reads: [Pod],
  indexes: bindingIndexes,
  reconcile,
};
