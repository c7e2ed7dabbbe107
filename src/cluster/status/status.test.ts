import { expect, test } from "vitest";
import type { Deployment } from "../../api/apps/deployment.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { seededEntropy } from "../../base/entropy.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { fakeClient } from "../../client/testing/fake-client.ts";
import { lateDeployments, latePods } from "./api.ts";
import { judge, judgeStopped, type NodeStatusLine } from "./report.ts";

const node = (name: string, ready: boolean): NodeStatusLine => ({
  name,
  ready,
  message: "",
  kubeletVersion: "",
  runtime: "",
  address: "",
  schedulable: true,
});

test("a cluster is ready when all its parts and nodes are, and says which are not", () => {
  const parts = [
    { name: "API server", state: "ok", detail: "" },
    { name: "scheduler", state: "off", detail: "" },
  ] as const;
  expect(judge(parts, [node("a", true)]).state).toBe("ready");
  expect(judge([...parts, { name: "DNS", state: "failed", detail: "" }], [node("a", true), node("b", false)])).toMatchObject({
    state: "degraded",
    summary: expect.stringContaining("not well: DNS; nodes not ready: b"),
  });
});

test("a cluster that does not run says what to do, by what it left", () => {
  const of = (found: Parameters<typeof judgeStopped>[1]): string => judgeStopped("/d", found);
  expect(of({ directory: false, died: undefined, left: [] })).toContain("start one with `timonier up`");
  expect(of({ directory: true, died: undefined, left: [] })).toContain("which keeps one: start it with `timonier up`");
  expect(of({ directory: true, died: 7, left: ["agent", "containerd"] })).toMatch(
    /^the server \(process 7\) of \/d ended without .*agent and containerd of it run on: `timonier up` .*`timonier down`/,
  );
});

const NOW_MS = Date.parse("2026-05-01T10:00:00Z");
const before = (seconds: number): string => new Date(NOW_MS - seconds * 1000).toISOString();

test("Pods that no scheduler looks at are late after a while; those that fit nowhere or wait on purpose are not", async () => {
  const client = fakeClient({ clock: virtualClock(), entropy: seededEntropy(1) });
  const make = async (name: string, seconds: number, change: { spec?: object; status?: object }): Promise<Pod> => {
    const pod = await client.create(Pod, {
      kind: "Pod",
      apiVersion: "v1",
      metadata: { namespace: "default", name },
      spec: { containers: [{ name: "c", image: "i" }] },
    } as never);
    Object.assign(pod.metadata, { creationTimestamp: before(seconds) });
    Object.assign(pod.spec, change.spec);
    pod.status = { ...pod.status, ...change.status };
    return pod;
  };
  const pods = [
    await make("late", 11, {}),
    await make("new", 2, {}),
    await make("bound", 60, { spec: { nodeName: "n" } }),
    await make("gated", 60, { spec: { schedulingGates: [{ name: "g" }] } }),
    await make("elsewhere", 60, { spec: { schedulerName: "other" } }),
    await make("unfit", 60, { status: { conditions: [{ type: "PodScheduled", status: "False" }] } }),
  ];
  expect(latePods(pods, NOW_MS)).toEqual(["Pod default/late"]);
});

test("Deployments are late whose change nobody has seen for a while", () => {
  const deployment = (generation: number, observedGeneration: number, seconds: number): Deployment =>
    ({
      metadata: { namespace: "a", name: "b", generation, managedFields: [{ time: before(seconds) }] },
      status: { observedGeneration },
    }) as unknown as Deployment;
  expect(lateDeployments([deployment(2, 1, 11)], NOW_MS)).toEqual(["Deployment a/b"]);
  expect(lateDeployments([deployment(2, 1, 3), deployment(2, 2, 60)], NOW_MS)).toEqual([]);
});
