import { afterEach, describe, expect, test } from "vitest";
import { Event } from "../api/core/event.ts";
import { Node } from "../api/core/node.ts";
import { PersistentVolume } from "../api/core/persistent-volume.ts";
import { PersistentVolumeClaim } from "../api/core/persistent-volume-claim.ts";
import { Pod } from "../api/core/pod/pod.ts";
import { serviceUnavailable } from "../api/errors.ts";
import { StorageClass } from "../api/storage/storage-class.ts";
import { seededEntropy } from "../base/entropy.ts";
import { silentLogger } from "../base/logger.ts";
import { virtualClock } from "../base/virtual-clock.ts";
import type { Client } from "../client/client.ts";
import { createEventRecorder } from "../client/event-recorder.ts";
import { createInformers } from "../client/informers.ts";
import { fakeClient } from "../client/testing/fake-client.ts";
import { startScheduler } from "./scheduler.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A scheduler on a server in memory; `binding` fails where it gives an error. */
async function bench() {
  const clock = virtualClock();
  const entropy = seededEntropy(3);
  const fake = fakeClient({ clock, entropy });
  const refusals: Error[] = [];
  const client: Client = {
    ...fake,
    async post<R>(_of: unknown, ref: { namespace?: string; name: string }, _subresource: string, body: object): Promise<R> {
      const refusal = refusals.shift();
      if (refusal) throw refusal;
      const { target } = body as { target: { name: string } };
      return (await fake.patch(Pod, ref, "merge", { spec: { nodeName: target.name } })) as R;
    },
  };
  const informers = createInformers({ client, clock, entropy });
  const events = createEventRecorder({ client, clock, entropy, component: "default-scheduler" });
  const scheduler = startScheduler({ client, informers, events, clock, entropy, logger: silentLogger });
  stops.push(async () => {
    await scheduler.stop();
    await informers.stop();
  });
  await clock.settle();
  const podNamed = (name: string): Pod | undefined => fake.all<Pod>(Pod).find(({ metadata }) => metadata.name === name);
  return {
    clock,
    fake,
    refusals,
    scheduler,
    pod: podNamed,
    nodeOf: (name: string) => podNamed(name)?.spec.nodeName,
    messages: (reason: string) =>
      fake
        .all<Event>(Event)
        .filter((event) => event.reason === reason)
        .map(({ message }) => message),
  };
}

const seedNode = ({ fake }: Bench, name: string, cpu = "2", labels: Record<string, string> = {}): Node =>
  fake.seed(Node, { metadata: { name, labels }, spec: {}, status: { allocatable: { cpu, memory: "8Gi", pods: "110" } } });

const seedPod = ({ fake }: Bench, name: string, spec: object = {}, status: object = { phase: "Pending" }): Pod =>
  fake.seed(Pod, {
    metadata: { name, namespace: "default" },
    spec: { schedulerName: "default-scheduler", containers: [{ name: "c", image: "x" }], ...spec },
    status,
  });

const asking = (cpu: string) => ({ containers: [{ name: "c", image: "x", resources: { requests: { cpu } } }] });

type Bench = Awaited<ReturnType<typeof bench>>;

describe("the scheduler", () => {
  test("binds a Pod and says so", async () => {
    const there = await bench();
    seedNode(there, "n1");
    seedPod(there, "a");
    await there.clock.advance(10);
    expect(there.nodeOf("a")).toBe("n1");
    await there.clock.advance(5_000);
    expect(there.messages("Scheduled")).toEqual(["Successfully assigned default/a to n1"]);
  });

  test("leaves Pods of other schedulers and gated Pods alone", async () => {
    const there = await bench();
    seedNode(there, "n1");
    seedPod(there, "other", { schedulerName: "mine" });
    seedPod(there, "gated", { schedulingGates: [{ name: "example.com/wait" }] });
    await there.clock.advance(60_000);
    expect([there.nodeOf("other"), there.nodeOf("gated")]).toEqual([undefined, undefined]);
    await there.fake.patch(Pod, { namespace: "default", name: "gated" }, "merge", { spec: { schedulingGates: null } });
    await there.clock.advance(10);
    expect(there.nodeOf("gated")).toBe("n1");
  });

  test("counts a Pod on its node before the API shows it", async () => {
    const there = await bench();
    seedNode(there, "n1", "1");
    for (const name of ["a", "b"]) seedPod(there, name, asking("600m"));
    await there.clock.advance(10);
    expect(["a", "b"].map((name) => there.nodeOf(name)).filter(Boolean)).toEqual(["n1"]);
  });

  test("says why a Pod found no node, and places it when that ends", async () => {
    const there = await bench();
    seedNode(there, "n1", "1");
    seedPod(there, "a", { nodeSelector: { disk: "ssd" } });
    await there.clock.advance(2_000);
    const message =
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    expect(there.pod("a")?.status.conditions).toMatchObject([
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message },
    ]);
    expect(there.messages("FailedScheduling")).toEqual([message]);
    await there.fake.patch(Node, { name: "n1" }, "merge", { metadata: { labels: { disk: "ssd" } } });
    await there.clock.advance(10);
    expect(there.nodeOf("a")).toBe("n1");
  });

  test("does not try a Pod again for changes that cannot help it", async () => {
    const there = await bench();
    seedNode(there, "n1", "1");
    seedPod(there, "a", { nodeSelector: { disk: "ssd" } });
    seedPod(there, "b");
    await there.clock.advance(10);
    await there.fake.delete(Pod, { namespace: "default", name: "b" });
    await there.clock.advance(20_000);
    expect(there.scheduler.queue).toMatchObject({ waiting: 1, active: 0, backoff: 0 });
    expect(there.messages("FailedScheduling")).toHaveLength(1);
  });

  test("tries again after a binding failed", async () => {
    const there = await bench();
    there.refusals.push(serviceUnavailable("not now"));
    seedNode(there, "n1", "1");
    seedPod(there, "a", asking("1"));
    await there.clock.advance(500);
    expect(there.nodeOf("a")).toBeUndefined();
    await there.clock.advance(1_000);
    expect(there.nodeOf("a")).toBe("n1");
  });

  test("takes a Pod of lower priority off a node, keeps the place, and binds when it is free", async () => {
    const there = await bench();
    seedNode(there, "n1", "1");
    seedPod(there, "low", { ...asking("800m"), nodeName: "n1" });
    await there.clock.settle();
    const high = seedPod(there, "high", { ...asking("800m"), priority: 100 });
    await there.clock.advance(10);
    expect(there.pod("low")).toBeUndefined();
    expect(there.pod("high")?.status.nominatedNodeName).toBe("n1");
    // Made later, of lower priority: the place is not its own.
    seedPod(there, "late", asking("800m"));
    await there.clock.advance(5_000);
    expect([there.nodeOf("high"), there.nodeOf("late")]).toEqual(["n1", undefined]);
    expect(there.messages("Preempted")).toEqual([`Preempted by pod ${high.metadata.uid} on node n1`]);
    expect(there.fake.writes.filter((write) => write.endsWith("pods default/low"))).toEqual([
      expect.stringContaining("patch status"),
      expect.stringContaining("delete"),
    ]);
  });

  test("reserves a volume for a claim that waits for its consumer, and binds the Pod once the claim is bound", async () => {
    const there = await bench();
    const { fake, clock } = there;
    for (const name of ["n1", "n2"]) seedNode(there, name, "2", { "kubernetes.io/hostname": name });
    fake.seed(StorageClass, {
      metadata: { name: "local" },
      provisioner: "kubernetes.io/no-provisioner",
      volumeBindingMode: "WaitForFirstConsumer",
    });
    fake.seed(PersistentVolume, {
      metadata: { name: "v" },
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        storageClassName: "local",
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["n2"] }] }],
          },
        },
      },
      status: { phase: "Available" },
    });
    fake.seed(PersistentVolumeClaim, {
      metadata: { name: "c", namespace: "default" },
      spec: { accessModes: ["ReadWriteOnce"], storageClassName: "local", resources: { requests: { storage: "1Gi" } } },
      status: { phase: "Pending" },
    });
    await clock.settle();
    seedPod(there, "a", { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }] });
    await clock.advance(10);
    const [volume] = fake.all<PersistentVolume>(PersistentVolume);
    expect(volume?.spec.claimRef).toMatchObject({ namespace: "default", name: "c" });
    expect(there.nodeOf("a")).toBeUndefined();
    await fake.patch(PersistentVolumeClaim, { namespace: "default", name: "c" }, "merge", {
      metadata: { annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
      spec: { volumeName: "v" },
    });
    await clock.advance(10);
    expect(there.nodeOf("a")).toBe("n2");
  });

  test("asks for a volume near the node that it chose, and goes elsewhere where none could be made", async () => {
    const there = await bench();
    const { fake, clock } = there;
    seedNode(there, "n1");
    fake.seed(StorageClass, {
      metadata: { name: "csi" },
      provisioner: "csi.example.com",
      volumeBindingMode: "WaitForFirstConsumer",
    });
    fake.seed(PersistentVolumeClaim, {
      metadata: { name: "c", namespace: "default" },
      spec: { accessModes: ["ReadWriteOnce"], storageClassName: "csi", resources: { requests: { storage: "1Gi" } } },
    });
    await clock.settle();
    seedPod(there, "a", { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }] });
    await clock.advance(10);
    const selected = () =>
      fake.all<PersistentVolumeClaim>(PersistentVolumeClaim)[0]?.metadata.annotations?.["volume.kubernetes.io/selected-node"];
    expect(selected()).toBe("n1");
    seedNode(there, "n2");
    await fake.patch(Node, { name: "n1" }, "merge", { spec: { unschedulable: true } });
    await fake.patch(PersistentVolumeClaim, { namespace: "default", name: "c" }, "merge", {
      metadata: { annotations: { "volume.kubernetes.io/selected-node": null } },
    });
    await clock.advance(2_000);
    expect(selected()).toBe("n2");
  });
});
