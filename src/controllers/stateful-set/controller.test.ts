import { describe, expect, test } from "vitest";
import { ControllerRevision } from "../../api/apps/controller-revision.ts";
import { StatefulSet } from "../../api/apps/stateful-set.ts";
import { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { type Bench, controllerBench, runPods } from "../testing/bench.ts";
import { statefulSetController } from "./controller.ts";

const template = (image: string) => ({ metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "main", image }] } });

async function start(spec: object): Promise<Bench> {
  const bench = await controllerBench({ controllers: [statefulSetController] });
  bench.client.seed(StatefulSet, {
    metadata: { namespace: "default", name: "db" },
    spec: {
      replicas: 3,
      serviceName: "db",
      podManagementPolicy: "OrderedReady",
      selector: { matchLabels: { app: "db" } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      template: template("db:1"),
      ...spec,
    },
    status: { replicas: 0, availableReplicas: 0 },
  });
  await bench.clock.settle();
  return bench;
}

const names = (bench: Bench): string[] => bench.client.all<Pod>(Pod).map(({ metadata }) => metadata.name);
const images = (bench: Bench): string[] => bench.client.all<Pod>(Pod).map(({ spec }) => spec.containers[0]?.image ?? "");
const change = async (bench: Bench, spec: object): Promise<void> => {
  await bench.client.patch(StatefulSet, { namespace: "default", name: "db" }, "merge", { spec });
  await bench.clock.advance(60_000);
};

describe("the StatefulSet controller", () => {
  test("makes the next Pod when the one before it is ready", async () => {
    await using bench = await start({});
    expect(names(bench)).toEqual(["db-0"]);
    const kubelet = runPods(bench.client, bench.clock);
    await bench.client.patch(Pod, { namespace: "default", name: "db-0" }, "merge", {
      status: { phase: "Running", conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }] },
    });
    await bench.clock.advance(1_000);
    expect(names(bench)).toEqual(["db-0", "db-1", "db-2"]);
    kubelet.stop();
  });

  test("makes all at once where order does not matter, each with claims of its own", async () => {
    const volumeClaimTemplates = [{ metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"] } }];
    await using bench = await start({ podManagementPolicy: "Parallel", volumeClaimTemplates });
    expect(names(bench)).toEqual(["db-0", "db-1", "db-2"]);
    expect(bench.client.all<PersistentVolumeClaim>(PersistentVolumeClaim).map(({ metadata }) => metadata.name)).toEqual([
      "data-db-0",
      "data-db-1",
      "data-db-2",
    ]);
    expect(bench.client.all<Pod>(Pod)[1]?.spec).toMatchObject({
      hostname: "db-1",
      subdomain: "db",
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-db-1" } }],
    });
  });

  test("updates from the last Pod down to the partition, and keeps a revision of each template", async () => {
    await using bench = await start({
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } },
      podManagementPolicy: "Parallel",
    });
    const kubelet = runPods(bench.client, bench.clock);
    await bench.clock.advance(1_000);
    await change(bench, { template: template("db:2") });
    expect(images(bench).sort()).toEqual(["db:1", "db:2", "db:2"]);
    expect(bench.client.all<ControllerRevision>(ControllerRevision).map(({ revision }) => revision)).toEqual([1, 2]);
    await change(bench, { updateStrategy: { rollingUpdate: { partition: 0 } } });
    expect(images(bench)).toEqual(["db:2", "db:2", "db:2"]);
    const [set] = bench.client.all<StatefulSet>(StatefulSet);
    expect(set?.status.currentRevision).toBe(set?.status.updateRevision);
    kubelet.stop();
  });

  test("makes Pods of the new template where they are deleted by hand", async () => {
    await using bench = await start({ updateStrategy: { type: "OnDelete" }, podManagementPolicy: "Parallel" });
    const kubelet = runPods(bench.client, bench.clock);
    await bench.clock.advance(1_000);
    await change(bench, { template: template("db:2") });
    expect(images(bench)).toEqual(["db:1", "db:1", "db:1"]);
    await bench.client.delete(Pod, { namespace: "default", name: "db-0" });
    await bench.clock.advance(1_000);
    expect(images(bench).sort()).toEqual(["db:1", "db:1", "db:2"]);
    kubelet.stop();
  });

  test("lets the claims of Pods go that are scaled down, where that is asked for", async () => {
    const volumeClaimTemplates = [{ metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"] } }];
    await using bench = await start({
      podManagementPolicy: "Parallel",
      volumeClaimTemplates,
      persistentVolumeClaimRetentionPolicy: { whenScaled: "Delete", whenDeleted: "Retain" },
    });
    const kubelet = runPods(bench.client, bench.clock);
    await bench.clock.advance(1_000);
    await change(bench, { replicas: 2 });
    const owners = bench.client
      .all<PersistentVolumeClaim>(PersistentVolumeClaim)
      .map(({ metadata }) => (metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind} ${name}`));
    expect(owners).toEqual([[], [], ["Pod db-2"]]);
    kubelet.stop();
  });

  test("takes the last Pod away first", async () => {
    await using bench = await start({ podManagementPolicy: "Parallel" });
    const kubelet = runPods(bench.client, bench.clock);
    await bench.clock.advance(1_000);
    await change(bench, { replicas: 1 });
    expect(names(bench)).toEqual(["db-0"]);
    kubelet.stop();
  });
});
