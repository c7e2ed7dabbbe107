/**
 * How many scheduling decisions the pure core makes in a second of its thread's CPU time: no API server, no queue, one Pod after the
 * other, each counted on its node.
 *
 *     scripts/node bench/decide.ts
 */
import type { Node, Pod } from "../src/api/generated/core-v1.ts";
import { seededEntropy } from "../src/base/entropy.ts";
import { ClusterState } from "../src/scheduler/core/cluster-state.ts";
import { plugins } from "../src/scheduler/core/plugins/index.ts";
import { podInfo } from "../src/scheduler/core/pod-info.ts";
import { schedule } from "../src/scheduler/core/schedule.ts";

const NODES = [100, 1_000, 5_000];
const PODS = 3_000;
const ZONES = 3;

const labels = { app: "web" };

/** What is particular about the Pods of a run. */
const KINDS: Readonly<Record<string, Partial<Pod["spec"]>>> = {
  plain: {},
  "of a Service (default spreading)": {},
  "spread over zones": {
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector: { matchLabels: labels },
      },
    ],
  },
  "preferring other hosts": {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: labels } } },
        ],
      },
    },
  },
  "beside a Pod of their own": {
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: "topology.kubernetes.io/zone", labelSelector: { matchLabels: labels } },
        ],
      },
    },
  },
};

const nodeNamed = (name: string, zone: number): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name,
    namespace: "",
    uid: name,
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": `zone-${zone}` },
  },
  spec: {},
  status: {
    allocatable: { cpu: "32", memory: "256Gi", pods: "500" },
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {} as Node["status"]["nodeInfo"],
  },
});

const podNamed = (name: string, spec: Partial<Pod["spec"]>): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: "default",
    uid: name,
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels,
  },
  spec: {
    containers: [{ name: "c", image: "web", resources: { requests: { cpu: "100m", memory: "128Mi" } } }],
    restartPolicy: "Always",
    dnsPolicy: "ClusterFirst",
    schedulerName: "default-scheduler",
    terminationGracePeriodSeconds: 30,
    ...spec,
  } as Pod["spec"],
  status: {},
});

function run(nodes: number, kind: string): number {
  const state = new ClusterState();
  for (let index = 0; index < nodes; index++) state.setNode(nodeNamed(`node-${index}`, index % ZONES));
  if (kind.startsWith("of a Service")) state.workloads.setService("default", "web", labels);
  const entropy = seededEntropy(1);
  let startNode = 0;
  const start = process.threadCpuUsage();
  for (let index = 0; index < PODS; index++) {
    const info = podInfo(podNamed(`pod-${index}`, KINDS[kind] ?? {}), state.resources);
    const { decision, examined } = schedule(info, state, { plugins, entropy, startNode });
    startNode = (startNode + examined) % nodes;
    if (decision.node === undefined) throw new Error(`Pod ${index} found no node`);
    state.setPod(info, decision.node);
  }
  const { user, system } = process.threadCpuUsage(start);
  return (PODS * 1_000_000) / (user + system);
}

for (const kind of Object.keys(KINDS)) {
  run(100, kind);
  const figures = NODES.map((nodes) => `${nodes} nodes ${Math.round(run(nodes, kind)).toLocaleString("en")}/s`);
  process.stdout.write(`${kind}: ${figures.join(", ")}\n`);
}
