/**
 * What a controller has just written and the cache has not shown yet. Until it has, counting the cache again would create or
 * delete twice.
 */
import type { KubernetesObject } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
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

/** After that long a write that was never shown is given up: its object came and went between two lists. */
export const EXPECTATION_TIMEOUT_MS = 300_000;

interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  sinceMs: number;
}

export function createExpectations(clock: Clock): Expectations {
  const owners = new Map<string, Expected>();

  function of(uid: string): Expected {
    const expected = owners.get(uid) ?? { creations: 0, deletions: new Set(), sinceMs: 0 };
    owners.set(uid, expected);
    expected.sinceMs = clock.monotonic();
    return expected;
  }

  function forgetIfMet(uid: string, expected: Expected): void {
    if (expected.creations <= 0 && expected.deletions.size === 0) owners.delete(uid);
  }

  return {
    satisfied({ metadata: { uid } }) {
      const expected = owners.get(uid);
      if (expected === undefined) return true;
      if (clock.monotonic() - expected.sinceMs < EXPECTATION_TIMEOUT_MS) return false;
      owners.delete(uid);
      return true;
    },
    expectCreations({ metadata: { uid } }, count) {
      if (count > 0) of(uid).creations += count;
    },
    expectDeletions({ metadata: { uid } }, uids) {
      for (const each of uids) of(uid).deletions.add(each);
    },
    creationObserved({ uid }) {
      const expected = owners.get(uid);
      if (expected === undefined) return;
      expected.creations = Math.max(0, expected.creations - 1);
      forgetIfMet(uid, expected);
    },
    deletionObserved({ uid }, deleted) {
      const expected = owners.get(uid);
      if (expected?.deletions.delete(deleted)) forgetIfMet(uid, expected);
    },
    forget: ({ uid }) => void owners.delete(uid),
  };
}
