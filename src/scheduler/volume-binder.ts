/**
 * Writes what was decided about a Pod's claims, and waits until they have their volumes: only then is the Pod bound.
 *
 * A decision is counted at once ("assumed"), so that no other Pod is given the same volume; what the API shows takes over from there.
 * https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode
 */
import { PersistentVolume } from "../api/core/persistent-volume.ts";
import { PersistentVolumeClaim } from "../api/core/persistent-volume-claim.ts";
import type { Clock } from "../base/clock.ts";
import type { Client } from "../client/client.ts";
import type { VolumeBindings } from "./core/framework.ts";
import { isBound, SELECTED_NODE, type VolumeState } from "./core/volume-state.ts";

/** After this long the Pod is tried anew, perhaps elsewhere. */
const PATIENCE_MS = 10 * 60_000;

export interface VolumeBinder {
  assume(bindings: VolumeBindings, node: string): void;
  forget(bindings: VolumeBindings): void;
  /** Rejects where a volume could not be had near the node. */
  bind(bindings: VolumeBindings, node: string): Promise<void>;
  /** Claims or volumes changed. */
  changed(): void;
  stop(): void;
}

export interface VolumeBinderOptions {
  client: Client;
  clock: Clock;
  state: VolumeState;
}

/** Writes into the volume which claim it is for. */
async function reserve({ client, state }: VolumeBinderOptions, claimKey: string, volumeName: string): Promise<void> {
  const volume = state.volumes.get(volumeName);
  const claim = state.claims.get(claimKey);
  if (volume === undefined || claim === undefined) throw new Error(`claim ${claimKey} or volume ${volumeName} is gone`);
  if (volume.spec.claimRef?.uid === claim.metadata.uid) return;
  const { namespace = "", name, uid, resourceVersion } = claim.metadata;
  const annotations = { ...volume.metadata.annotations, "pv.kubernetes.io/bound-by-controller": "yes" };
  const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid, resourceVersion };
  await client.update(PersistentVolume, {
    ...volume,
    metadata: { ...volume.metadata, annotations },
    spec: { ...volume.spec, claimRef },
  });
}

/** Asks the claim's provisioner for a volume near the node. */
async function requestNear({ client, state }: VolumeBinderOptions, claimKey: string, node: string): Promise<void> {
  const claim = state.claims.get(claimKey);
  if (claim === undefined) throw new Error(`claim ${claimKey} is gone`);
  if (claim.metadata.annotations?.[SELECTED_NODE] === node) return;
  const annotations = { ...claim.metadata.annotations, [SELECTED_NODE]: node };
  await client.update(PersistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, annotations } });
}

/** Waits for claims: `check` is called when claims or volumes changed. */
class ClaimWaiter {
  readonly #options: VolumeBinderOptions;
  readonly #waiting = new Set<() => void>();
  #stopped = false;

  constructor(options: VolumeBinderOptions) {
    this.#options = options;
  }

  check(): void {
    for (const check of [...this.#waiting]) check();
  }

  stop(): void {
    this.#stopped = true;
    this.check();
  }

  /** Resolves when all claims of the bindings are bound; rejects where one of them cannot be any more, or not in time. */
  bound({ bind, provision }: VolumeBindings, node: string): Promise<void> {
    const claims = [...bind.keys(), ...provision];
    const shown = new Set<string>();
    return new Promise((resolve, reject) => {
      const end = (outcome: () => void): void => {
        this.#waiting.delete(check);
        timer.cancel();
        outcome();
      };
      const check = (): void => {
        try {
          if (this.#stopped) throw new Error("the scheduler stops");
          if (this.#areBound(claims, node, shown)) end(resolve);
        } catch (error) {
          end(() => reject(error));
        }
      };
      const timer = this.#options.clock.after(PATIENCE_MS, () => end(() => reject(new Error("claims were not bound in time"))));
      this.#waiting.add(check);
      check();
    });
  }

  /** `shown`: claims for which the API has shown the selected node, kept between calls. */
  #areBound(claims: readonly string[], node: string, shown: Set<string>): boolean {
    let all = true;
    for (const key of claims) {
      const claim = this.#options.state.claims.get(key);
      if (claim === undefined) throw new Error(`claim ${key} is gone`);
      if (isBound(claim)) continue;
      all = false;
      if (claim.metadata.annotations?.[SELECTED_NODE] === node) shown.add(key);
      // A provisioner takes the annotation away when it cannot make the volume there.
      else if (shown.has(key)) throw new Error(`no volume could be made for claim ${key} near ${node}`);
    }
    return all;
  }
}

export function volumeBinder(options: VolumeBinderOptions): VolumeBinder {
  const { state } = options;
  const waiter = new ClaimWaiter(options);
  return {
    assume({ bind, provision }, node) {
      for (const [claim, volume] of bind) state.assumed.set(volume, claim);
      for (const claim of provision) state.selectedNodes.set(claim, node);
    },
    forget({ bind, provision }) {
      for (const volume of bind.values()) state.assumed.delete(volume);
      for (const claim of provision) state.selectedNodes.delete(claim);
    },
    async bind(bindings, node) {
      for (const [claim, volume] of bindings.bind) await reserve(options, claim, volume);
      for (const claim of bindings.provision) await requestNear(options, claim, node);
      await waiter.bound(bindings, node);
    },
    changed: () => waiter.check(),
    stop: () => waiter.stop(),
  };
}
