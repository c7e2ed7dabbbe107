import { describe, expect, test } from "vitest";
import { Event } from "../../api/core/event.ts";
import { PersistentVolume } from "../../api/core/persistent-volume.ts";
import { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { StorageClass } from "../../api/storage/storage-class.ts";
import { type Bench, controllerBench } from "../testing/bench.ts";
import { claimProtection } from "./claim-protection.ts";
import { claimBinder } from "./claims.ts";
import { ephemeralVolumeController } from "./ephemeral.ts";
import { volumeBinder, volumeProtection } from "./volumes.ts";

const start = (removed: string[] = []): Promise<Bench> =>
  controllerBench({
    controllers: [
      claimBinder,
      volumeBinder({ removeDirectory: async (path) => void removed.push(path) }),
      claimProtection,
      volumeProtection,
      ephemeralVolumeController,
    ],
  });

const ref = { namespace: "default", name: "data" };

function addVolume(bench: Bench, spec: object = {}): void {
  bench.client.seed(PersistentVolume, {
    metadata: { name: "v", finalizers: ["kubernetes.io/pv-protection"] },
    spec: {
      capacity: { storage: "2Gi" },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "fast",
      hostPath: { path: "/tmp/v" },
      ...spec,
    },
    status: { phase: "Pending" },
  });
}

function addClaim(bench: Bench, spec: object = {}): void {
  const request = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  bench.client.seed(PersistentVolumeClaim, {
    metadata: { ...ref, finalizers: ["kubernetes.io/pvc-protection"] },
    spec: { storageClassName: "fast", ...request, ...spec },
    status: { phase: "Pending" },
  });
}

const volumes = (bench: Bench) => bench.client.all<PersistentVolume>(PersistentVolume);
const claims = (bench: Bench) => bench.client.all<PersistentVolumeClaim>(PersistentVolumeClaim);
const told = (bench: Bench) => bench.client.all<Event>(Event).map(({ reason }) => reason);
const endClaim = async (bench: Bench) => {
  await bench.client.delete(PersistentVolumeClaim, ref);
  await bench.clock.settle();
};

describe("claims and volumes", () => {
  test("are bound to each other, whichever comes first", async () => {
    await using bench = await start();
    addClaim(bench);
    await bench.clock.settle();
    expect(told(bench)).toEqual(["ProvisioningFailed"]);
    addVolume(bench);
    await bench.clock.settle();
    expect(volumes(bench)[0]?.spec.claimRef).toMatchObject({ name: "data", uid: claims(bench)[0]?.metadata.uid });
    expect(volumes(bench)[0]?.status).toMatchObject({ phase: "Bound" });
    expect(claims(bench)[0]).toMatchObject({
      metadata: { annotations: { "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes" } },
      spec: { volumeName: "v" },
      status: { phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "2Gi" } },
    });
    expect(bench.complaints).toEqual([]);
  });

  test("are parted by the end of the claim: what is to be kept is released", async () => {
    await using bench = await start();
    addVolume(bench);
    addClaim(bench);
    await bench.clock.settle();
    await endClaim(bench);
    expect(claims(bench)).toEqual([]);
    expect(volumes(bench)[0]?.status.phase).toBe("Released");
  });

  test("are parted by the end of the claim: what is to be deleted goes with its content", async () => {
    const removed: string[] = [];
    await using bench = await start(removed);
    addVolume(bench, { persistentVolumeReclaimPolicy: "Delete" });
    addClaim(bench);
    await bench.clock.settle();
    await endClaim(bench);
    expect(volumes(bench)).toEqual([]);
    expect(removed).toEqual(["/tmp/v"]);
  });

  test("leave alone what lies outside /tmp", async () => {
    const removed: string[] = [];
    await using bench = await start(removed);
    addVolume(bench, { persistentVolumeReclaimPolicy: "Delete", hostPath: { path: "/srv/v" } });
    addClaim(bench);
    await bench.clock.settle();
    await endClaim(bench);
    expect(volumes(bench)[0]?.status).toMatchObject({
      phase: "Failed",
      message: "host_path deleter only supports /tmp/.+ but received provided /srv/v",
    });
    expect(told(bench)).toContain("VolumeFailedDelete");
    expect(removed).toEqual([]);
  });

  test("wait for the scheduler where the class waits for its first consumer", async () => {
    await using bench = await start();
    bench.client.seed(StorageClass, {
      metadata: { name: "fast" },
      provisioner: "kubernetes.io/no-provisioner",
      volumeBindingMode: "WaitForFirstConsumer",
    });
    addVolume(bench);
    addClaim(bench);
    await bench.clock.settle();
    expect(told(bench)).toEqual(["WaitForFirstConsumer"]);
    await bench.client.patch(PersistentVolume, { name: "v" }, "merge", {
      spec: { claimRef: { ...ref, uid: claims(bench)[0]?.metadata.uid } },
    });
    await bench.clock.settle();
    expect(claims(bench)[0]?.status.phase).toBe("Bound");
  });
});

test("a claim that is being deleted stays while a Pod on a node uses it", async () => {
  await using bench = await start();
  const spec = { nodeName: "node-1", containers: [], volumes: [{ name: "d", persistentVolumeClaim: { claimName: "data" } }] };
  bench.client.seed(Pod, { metadata: { namespace: "default", name: "user" }, spec, status: { phase: "Running" } });
  addClaim(bench);
  await bench.clock.settle();
  await endClaim(bench);
  expect(claims(bench)).toHaveLength(1);
  await bench.client.delete(Pod, { namespace: "default", name: "user" });
  await bench.clock.settle();
  expect(claims(bench)).toEqual([]);
});

test("a Pod gets the claims of its ephemeral volumes, and says so where the name is taken", async () => {
  await using bench = await start();
  const template = { metadata: { labels: { a: "b" } }, spec: { accessModes: ["ReadWriteOnce"], resources: {} } };
  const spec = { containers: [], volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: template } }] };
  bench.client.seed(Pod, { metadata: { namespace: "default", name: "p" }, spec, status: {} });
  await bench.clock.settle();
  expect(claims(bench)[0]?.metadata).toMatchObject({
    name: "p-scratch",
    labels: { a: "b" },
    ownerReferences: [{ kind: "Pod", name: "p", controller: true }],
  });

  bench.client.seed(PersistentVolumeClaim, { metadata: { namespace: "default", name: "q-scratch" }, spec: {}, status: {} });
  bench.client.seed(Pod, { metadata: { namespace: "default", name: "q" }, spec, status: {} });
  await bench.clock.settle();
  expect(bench.client.all<Event>(Event).map(({ message }) => message)).toContain(
    "ephemeral volume scratch: PVC default/q-scratch was not created for pod default/q (pod is not owner)",
  );
});
