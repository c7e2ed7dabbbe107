import { describe, expect, test } from "vitest";
import { findMatchingVolume, mismatch } from "./volume-matching.ts";

type Volume = Parameters<typeof mismatch>[0];
type Claim = Parameters<typeof mismatch>[1];

const volume = (name: string, spec: object = {}, more: { labels?: object; phase?: string } = {}): Volume =>
  ({
    metadata: { name, labels: more.labels ?? {} },
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], storageClassName: "fast", ...spec },
    status: { phase: more.phase ?? "Available" },
  }) as unknown as Volume;
const claim = (spec: object = {}): Claim =>
  ({
    metadata: { namespace: "default", name: "data", uid: "1" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      resources: { requests: { storage: "1Gi" } },
      ...spec,
    },
  }) as unknown as Claim;
const found = (of: Claim, ...volumes: Volume[]) => findMatchingVolume(of, volumes)?.metadata.name;
const forData = (uid?: string) => ({ claimRef: { namespace: "default", name: "data", ...(uid ? { uid } : {}) } });

describe("the volume of a claim", () => {
  test("is the smallest that fits, with no more access modes than needed", () => {
    const big = volume("big", { capacity: { storage: "5Gi" } });
    const small = volume("small", { capacity: { storage: "500Mi" } });
    const shared = volume("shared", { accessModes: ["ReadWriteOnce", "ReadWriteMany"] });
    expect(found(claim(), big, small, volume("fit", { capacity: { storage: "2Gi" } }), shared)).toBe("fit");
    expect(found(claim({ accessModes: ["ReadWriteMany"] }), big, shared)).toBe("shared");
  });

  test("is the one that is reserved for it, even where another is smaller or it is of another class", () => {
    expect(found(claim(), volume("free"), volume("mine", { ...forData(), capacity: { storage: "9Gi" } }))).toBe("mine");
    expect(found(claim(), volume("mine", { ...forData("1"), storageClassName: "slow" }))).toBe("mine");
    expect(found(claim(), volume("former", forData("0")))).toBeUndefined();
  });

  test("has its class, its labels, its mode, and is free", () => {
    expect(found(claim({ storageClassName: "" }), volume("fast"))).toBeUndefined();
    expect(found(claim({ volumeMode: "Block" }), volume("files"))).toBeUndefined();
    expect(found(claim(), volume("released", {}, { phase: "Released" }))).toBeUndefined();
    const selector = { matchLabels: { zone: "a" } };
    expect(found(claim({ selector }), volume("b"), volume("a", {}, { labels: { zone: "a" } }))).toBe("a");
  });

  test("is only a reserved one where somebody else chooses among the free", () => {
    expect(findMatchingVolume(claim(), [volume("free")], { reservedOnly: true })).toBeUndefined();
  });
});

test.each([
  [{ capacity: { storage: "1Mi" } }, "requested PV is too small"],
  [{ storageClassName: "slow" }, "storageClassName does not match"],
  [{ volumeMode: "Block" }, "incompatible volumeMode"],
  [{ accessModes: ["ReadOnlyMany"] }, "incompatible accessMode"],
  [{}, undefined],
])("a claim that names a volume with %o hears: %s", (spec, words) => {
  expect(mismatch(volume("v", spec), claim())).toBe(words);
});
