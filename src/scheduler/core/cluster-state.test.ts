import { describe, expect, test } from "vitest";
import type { Node, Pod } from "../../api/generated/core-v1.ts";
import { type Entropy, randomInteger, seededEntropy } from "../../base/entropy.ts";
import { ClusterState } from "./cluster-state.ts";
import { podInfo } from "./pod-info.ts";

const ZONE = "topology.kubernetes.io/zone";

interface Model {
  nodes: Map<string, Node>;
  pods: Map<string, Pod>;
}

const pick = <T>(entropy: Entropy, values: readonly T[]): T => values[randomInteger(entropy, values.length)] as T;

function randomNode(entropy: Entropy, name: string): Node {
  const zone = pick(entropy, ["a", "b", undefined]);
  return {
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...(zone ? { [ZONE]: zone } : {}) } },
    spec: {
      unschedulable: randomInteger(entropy, 4) === 0,
      taints: [{ key: "t", effect: pick(entropy, ["NoSchedule", "NoExecute"]) }],
    },
    status: {
      allocatable: { cpu: `${1 + randomInteger(entropy, 8)}`, memory: "4Gi", pods: "10" },
      images: [{ names: ["i"], sizeBytes: 5 }],
    },
  } as unknown as Node;
}

function randomPod(entropy: Entropy, name: string): Pod {
  const antiAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: ZONE, labelSelector: { matchLabels: { app: "a" } } }],
  };
  const hostPort = randomInteger(entropy, 3) === 0 ? [{ hostPort: 80, containerPort: 80 }] : [];
  return {
    metadata: { name, namespace: pick(entropy, ["x", "y"]), uid: name, labels: { app: pick(entropy, ["a", "b"]) } },
    spec: {
      nodeName: `n${randomInteger(entropy, 6)}`,
      containers: [{ name: "c", resources: { requests: { cpu: `${randomInteger(entropy, 900)}m` } }, ports: hostPort }],
      volumes: [{ name: "v", persistentVolumeClaim: { claimName: pick(entropy, ["c", "d"]) } }],
      ...(randomInteger(entropy, 2) === 0 ? { affinity: { podAntiAffinity: antiAffinity } } : {}),
    },
    status: {},
  } as unknown as Pod;
}

/** One change of nodes or Pods; a Pod may come before its node and stay when it goes. */
function change(entropy: Entropy, state: ClusterState, { nodes, pods }: Model): void {
  const node = `n${randomInteger(entropy, 6)}`;
  const pod = `p${randomInteger(entropy, 20)}`;
  switch (randomInteger(entropy, 4)) {
    case 0:
      nodes.set(node, randomNode(entropy, node));
      return state.setNode(nodes.get(node) as Node);
    case 1:
      nodes.delete(node);
      return state.removeNode(node);
    case 2: {
      const made = randomPod(entropy, pod);
      pods.set(pod, made);
      return state.setPod(podInfo(made, state.resources), made.spec.nodeName ?? "");
    }
    default:
      pods.delete(pod);
      return state.removePod(pod);
  }
}

/** What plugins read, in an order that does not depend on how the state came about. */
function reading(state: ClusterState) {
  const zones = state.topology(ZONE);
  const byName = state.nodes.map((facts, index) => ({
    facts,
    zoneMates: state.nodes
      .filter((_, other) => zones.valueAt[other] === zones.valueAt[index])
      .map(({ name }) => name)
      .sort(),
    hasZone: (zones.valueAt[index] ?? 0) > 0,
    cpu: [state.allocatable(0)[index], state.requested(0)[index]],
    counts: [state.podCount[index], state.podLimit[index], state.unschedulable[index]],
    taints: state.taintSets[state.taintSetOf[index] ?? -1],
    ports: state.hostPorts[index]?.length,
    pods: [...(state.pods[index]?.keys() ?? [])].sort(),
  }));
  const groups = [...state.groups.all].map(([key, group]) => ({
    key,
    nodes: [...group.nodes].map(([node, count]) => `${state.nodes[node]?.name} ${count}`).sort(),
    keepsAway: state.groups.withAntiAffinity.has(group),
  }));
  return {
    nodes: byName.sort((a, b) => (a.facts.name < b.facts.name ? -1 : 1)),
    groups: groups.sort((a, b) => (a.key < b.key ? -1 : 1)),
    images: state.nodesWithImage("i"),
    users: ["x/c", "x/d", "y/c", "y/d"].map((claim) => state.volumes.users(claim)),
  };
}

describe("the cluster's state", () => {
  test.each([1, 2, 3, 4, 5])("is after any changes what it would be if built anew (seed %i)", (seed) => {
    const entropy = seededEntropy(seed);
    const state = new ClusterState();
    const model: Model = { nodes: new Map(), pods: new Map() };
    for (let step = 0; step < 300; step++) {
      change(entropy, state, model);
      if (step % 10 !== 0) continue;
      const anew = new ClusterState();
      for (const pod of model.pods.values()) anew.setPod(podInfo(pod, anew.resources), pod.spec.nodeName ?? "");
      for (const node of model.nodes.values()) anew.setNode(node);
      expect(reading(state)).toEqual(reading(anew));
    }
  });
});
