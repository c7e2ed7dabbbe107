/**
 * Claims, volumes, classes and what nodes can attach, as far as placing a Pod depends on them.
 * https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode
 */
import type { PersistentVolume } from "../../api/generated/core-v1.ts";
import type { PersistentVolumeClaim } from "../../api/generated/shared.ts";
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass } from "../../api/generated/storage-v1.ts";
import { isReservedFor } from "../../api/storage/volume-matching.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

export type Claim = DeepReadonly<PersistentVolumeClaim>;
export type PersistentVolumeFacts = DeepReadonly<PersistentVolume>;
export type Class = DeepReadonly<StorageClass>;

interface Named {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}

/** Objects by `namespace/name`, or by name where they have no namespace. */
export class Table<T extends Named> {
  readonly #objects = new Map<string, T>();

  set(object: T): void {
    this.#objects.set(keyOf(object), object);
  }
  remove(object: Named): void {
    this.#objects.delete(keyOf(object));
  }
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }
  values(): Iterable<T> {
    return this.#objects.values();
  }
}

export const SELECTED_NODE = "volume.kubernetes.io/selected-node";
const BIND_COMPLETED = "pv.kubernetes.io/bind-completed";

/** The claim has its volume, and nothing more is to be written. */
export const isBound = ({ metadata, spec }: Claim): boolean =>
  spec.volumeName !== undefined && spec.volumeName !== "" && metadata.annotations?.[BIND_COMPLETED] !== undefined;

export const keyOf = ({ metadata: { namespace, name } }: Named): string => (namespace ? `${namespace}/${name}` : name);

export class VolumeState {
  readonly claims = new Table<Claim>();
  readonly volumes = new Table<PersistentVolumeFacts>();
  readonly classes = new Table<Class>();
  readonly csiNodes = new Table<DeepReadonly<CSINode>>();
  readonly csiDrivers = new Table<DeepReadonly<CSIDriver>>();
  readonly capacities = new Table<DeepReadonly<CSIStorageCapacity>>();
  /** Volume name → key of the claim to which a decision gave it, until the API shows it. */
  readonly assumed = new Map<string, string>();
  /** Claim key → the node for which a decision asked a volume to be made, until the API shows it. */
  readonly selectedNodes = new Map<string, string>();
  readonly #users = new Map<string, number>();

  /** The node near which a volume is being made for the claim. */
  selectedNode(claim: Claim): string | undefined {
    return this.selectedNodes.get(keyOf(claim)) ?? claim.metadata.annotations?.[SELECTED_NODE];
  }

  /** True where the volume is reserved for a claim. */
  isTaken({ metadata, spec }: PersistentVolumeFacts): boolean {
    return spec.claimRef !== undefined || this.assumed.has(metadata.name);
  }

  isFor(volume: PersistentVolumeFacts, claim: Claim): boolean {
    return this.assumed.get(volume.metadata.name) === keyOf(claim) || isReservedFor(volume, claim);
  }

  /** One Pod more or less on a node uses the claim. */
  countUser(claim: string, by: 1 | -1): void {
    const users = this.users(claim) + by;
    if (users > 0) this.#users.set(claim, users);
    else this.#users.delete(claim);
  }

  users(claim: string): number {
    return this.#users.get(claim) ?? 0;
  }
}
