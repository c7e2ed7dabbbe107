import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Node, Pod } from "../../api/generated/core-v1.ts";
import { seededEntropy } from "../../base/entropy.ts";
import { ClusterState } from "./cluster-state.ts";
import { plugins } from "./plugins/index.ts";
import { podInfo } from "./pod-info.ts";
import { schedule } from "./schedule.ts";

interface Record_ {
  id: string;
  state: { nodes: Node[]; pods?: Pod[] };
  pod: Pod;
  result: {
    node?: string;
    feasible?: string[];
    total?: number[];
    reason?: string;
    reasons?: Record<string, number>;
    preFilter?: string;
  };
}

/** Areas whose decisions rest on the plugins that there are; the others are named so that a new area is noticed. */
const AREAS = ["host-ports", "image-locality", "node-affinity", "node-selector", "resources", "taints", "unschedulable"];
const LATER = ["gates", "mixed", "pod-affinity", "preemption", "spread-default", "topology-spread", "volumes"];

const folder = new URL("../../../facts/scheduler/", import.meta.url);
const recordsOf = (area: string): Record_[] => JSON.parse(readFileSync(new URL(`${area}.json`, folder), "utf8")) as Record_[];

/** Records leave out what the API server would fill in. */
const filled = (pod: Pod): Pod => ({
  ...pod,
  metadata: {
    ...pod.metadata,
    namespace: pod.metadata.namespace ?? "default",
    uid: `${pod.metadata.namespace ?? "default"}/${pod.metadata.name}`,
  },
  spec: {
    ...pod.spec,
    containers: pod.spec.containers.map((container, index) => ({
      ...container,
      name: container.name ?? (pod.spec.containers.length === 1 ? "c" : `c${index}`),
    })),
  },
  status: pod.status ?? {},
});

const filledNode = (node: Node): Node => ({ ...node, spec: node.spec ?? {}, status: node.status ?? {} });

function decide({ state, pod }: Record_) {
  const cluster = new ClusterState();
  for (const node of state.nodes) cluster.setNode(filledNode(node));
  for (const bound of state.pods ?? []) {
    if (bound.status?.phase === "Succeeded" || bound.status?.phase === "Failed") continue;
    cluster.setPod(podInfo(filled(bound), cluster.resources), bound.spec.nodeName ?? "");
  }
  return schedule(podInfo(filled(pod), cluster.resources), cluster, { plugins, entropy: seededEntropy(1), startNode: 0 })
    .decision;
}

describe("recorded decisions of upstream's scheduler", () => {
  test("every recorded area is known", () => {
    const areas = readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.replace(".json", ""));
    expect(areas.sort()).toEqual([...AREAS, ...LATER].sort());
  });

  describe.each(AREAS)("%s", (area) => {
    test.each(recordsOf(area).map((record) => [record.id, record] as const))("%s", (_id, record) => {
      const decision = decide(record);
      const { result } = record;
      if (result.node === undefined) {
        expect(decision.node).toBeUndefined();
        if (decision.node !== undefined) return;
        const counts: Record<string, number> = {};
        for (const { refusals } of decision.refused)
          for (const { reason } of refusals) counts[reason] = (counts[reason] ?? 0) + 1;
        expect(counts).toEqual(result.reasons);
        return;
      }
      const highest = Math.max(...(result.total ?? [0]));
      const best = result.total ? result.feasible?.filter((_node, index) => result.total?.[index] === highest) : [result.node];
      expect(best).toContain(decision.node);
    });
  });
});
