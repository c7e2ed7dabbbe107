/**
 * What a controller has just written and the cache has not shown yet. Until it has, counting the cache again would create or
 * delete twice.
 */
import type { KubernetesObject } from "../api/meta.ts";
import type { DeepReadonly } from "../base/readonly.ts";

export interface Expectations {
  /** True where the cache has shown every write that was expected for this owner, or five minutes have passed. */
  satisfied(owner: DeepReadonly<KubernetesObject>): boolean;
  expectCreations(owner: DeepReadonly<KubernetesObject>, count: number): void;
  expectDeletions(owner: DeepReadonly<KubernetesObject>, uids: readonly string[]): void;
  /** A write failed, or the informer showed it. */
  creationObserved(owner: { uid: string }): void;
  deletionObserved(owner: { uid: string }, uid: string): void;
  forget(owner: { uid: string }): void;
}
