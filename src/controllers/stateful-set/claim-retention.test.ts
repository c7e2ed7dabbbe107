import { describe, expect, test } from "vitest";
import type { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import type { OwnerReference } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { retainedOwners } from "./claim-retention.ts";
import type { ReadonlyPod, ReadonlySet } from "./identity.ts";

const set = (whenScaled: string, whenDeleted: string): ReadonlySet =>
  ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db", namespace: "default", uid: "set" },
    spec: { replicas: 2, persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted } },
  }) as unknown as ReadonlySet;
const pod = (ordinal: number): ReadonlyPod =>
  ({ apiVersion: "v1", kind: "Pod", metadata: { name: `db-${ordinal}`, uid: `pod-${ordinal}` } }) as unknown as ReadonlyPod;
const claim = (...ownerReferences: Partial<OwnerReference>[]): DeepReadonly<PersistentVolumeClaim> =>
  ({ metadata: { name: "data-db-0", ownerReferences } }) as unknown as DeepReadonly<PersistentVolumeClaim>;
const owners = (...given: Parameters<typeof retainedOwners>) => retainedOwners(...given)?.map(({ uid }) => uid);

describe("the owners of a StatefulSet's claims", () => {
  test("are none where claims are retained", () => {
    expect(owners(set("Retain", "Retain"), pod(0), claim())).toBeUndefined();
    expect(owners(set("Retain", "Retain"), pod(0), claim({ uid: "set" }, { uid: "other" }))).toEqual(["other"]);
  });

  test("are the set where claims go with it", () => {
    expect(owners(set("Retain", "Delete"), pod(0), claim())).toEqual(["set"]);
    expect(owners(set("Retain", "Delete"), pod(5), claim({ uid: "set" }))).toBeUndefined();
  });

  test("are the Pod that is scaled down, and nobody or the set once it is wanted again", () => {
    expect(owners(set("Delete", "Retain"), pod(2), claim())).toEqual(["pod-2"]);
    expect(owners(set("Delete", "Delete"), pod(2), claim({ uid: "set" }))).toEqual(["pod-2"]);
    expect(owners(set("Delete", "Delete"), pod(1), claim({ uid: "pod-1" }))).toEqual(["set"]);
    expect(owners(set("Delete", "Retain"), pod(1), claim({ uid: "pod-1" }))).toEqual([]);
  });

  test("stay as they are where another controller has the claim", () => {
    expect(owners(set("Delete", "Delete"), pod(2), claim({ uid: "operator", controller: true }))).toBeUndefined();
  });
});
