import { describe, expect, test } from "vitest";
import { Node } from "../../api/core/node.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { type Bench, controllerBench } from "../testing/bench.ts";
import { nodeLifecycleController } from "./controller.ts";
import { taintEvictionController, toleratedSeconds } from "./taint-eviction.ts";

const READY = [
  { type: "Ready", status: "True", lastHeartbeatTime: "2026-01-01T00:00:00Z", lastTransitionTime: "2026-01-01T00:00:00Z" },
];
const UNREACHABLE = { key: "node.kubernetes.io/unreachable", operator: "Exists" as const, effect: "NoExecute" as const };

async function start(): Promise<Bench> {
  const bench = await controllerBench({ controllers: [nodeLifecycleController(), taintEvictionController()] });
  bench.client.seed(Node, { metadata: { name: "node-1" }, spec: {}, status: { conditions: READY } });
  bench.client.seed(Pod, {
    metadata: { namespace: "default", name: "a" },
    spec: { nodeName: "node-1", containers: [], tolerations: [{ ...UNREACHABLE, tolerationSeconds: 300 }] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  });
  await bench.clock.settle();
  return bench;
}

const node = (bench: Bench) => bench.client.all<Node>(Node)[0];
const taints = (bench: Bench) => node(bench)?.spec.taints?.map(({ key, effect }) => `${key}:${effect}`);

describe("a node that goes silent", () => {
  test("becomes unknown after its grace, is tainted, and its Pods are not ready", async () => {
    await using bench = await start();
    await bench.clock.advance(39_000);
    expect(taints(bench)).toBeUndefined();
    await bench.clock.advance(2_000);
    expect(node(bench)?.status.conditions?.[0]).toMatchObject({
      type: "Ready",
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
    });
    expect(taints(bench)).toEqual(["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"]);
    expect(bench.client.all<Pod>(Pod)[0]?.status.conditions?.[0]).toMatchObject({ type: "Ready", status: "False" });
  });

  test("keeps its Pods for as long as they tolerate that", async () => {
    await using bench = await start();
    await bench.clock.advance(330_000);
    expect(bench.client.all<Pod>(Pod)).toHaveLength(1);
    await bench.clock.advance(15_000);
    expect(bench.client.all<Pod>(Pod)).toHaveLength(0);
  });

  test("loses its taints when it is heard of again", async () => {
    await using bench = await start();
    await bench.clock.advance(60_000);
    const conditions = [{ ...READY[0], lastHeartbeatTime: "2026-01-01T00:01:00Z" }];
    await bench.client.patch(Node, { name: "node-1" }, "merge", { status: { conditions } });
    await bench.clock.advance(1_000);
    expect(taints(bench)).toBeUndefined();
    expect(bench.client.all<Pod>(Pod)).toHaveLength(1);
  });
});

describe("the time for which taints are tolerated", () => {
  const taint = { key: "node.kubernetes.io/unreachable", effect: "NoExecute" as const };
  test.each([
    ["is nothing without a toleration", [], 0],
    ["is for ever without a limit", [UNREACHABLE], undefined],
    [
      "is the shortest of several limits",
      [
        { ...UNREACHABLE, tolerationSeconds: 30 },
        { ...UNREACHABLE, tolerationSeconds: 10 },
      ],
      10,
    ],
    ["is nothing where the limit is negative", [{ ...UNREACHABLE, tolerationSeconds: -1 }], 0],
  ])("%s", (_, tolerations, expected) => {
    expect(toleratedSeconds(tolerations, [taint])).toBe(expected);
  });
});
