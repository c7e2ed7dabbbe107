/** One simulated node against a server's worth of behaviour in memory: for tests of the kubelet on a virtual clock. */
import { Event } from "../../api/core/event.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import type { PodSpec } from "../../api/generated/shared.ts";
import { seededEntropy } from "../../base/entropy.ts";
import { type Logger, silentLogger } from "../../base/logger.ts";
import { type VirtualClock, virtualClock } from "../../base/virtual-clock.ts";
import { type FakeClient, fakeClient } from "../../client/testing/fake-client.ts";
import { createKubelet, type Kubelet } from "../kubelet.ts";
import { simulatedNodeFacts } from "../node/facts.ts";
import type { KubeletOptions } from "../options.ts";
import { BEHAVIOUR_ANNOTATION, type Behaviour } from "../runtime/simulated/behaviour.ts";
import { simulatedProber } from "../runtime/simulated/prober.ts";
import { type SimulatedRuntime, simulatedRuntime } from "../runtime/simulated/simulated-runtime.ts";

export interface SimulatedNode {
  clock: VirtualClock;
  client: FakeClient;
  runtime: SimulatedRuntime;
  kubelet: Kubelet;
  /** A Pod bound to the node; containers have what the server would default. */
  run(name: string, spec: PodDraft, behaviour?: Record<string, Behaviour>): Pod;
  /** As the server has it; undefined where it is gone. */
  pod(name: string): Pod | undefined;
  /** Asks for the Pod's end as the API server does. */
  remove(name: string, graceSeconds?: number): void;
  /** `type reason message`, in order, each once. */
  events(reason?: string): string[];
  /** Another kubelet on the same runtime and server. */
  restart(): Promise<void>;
  /** Waits until `done` holds; fails the test otherwise. */
  until(done: () => boolean, limitSeconds?: number): Promise<void>;
}

type ContainerDraft = { name: string } & Record<string, unknown>;
export type PodDraft = Omit<Partial<PodSpec>, "containers" | "initContainers"> & {
  containers?: ContainerDraft[];
  initContainers?: ContainerDraft[];
};

const IMAGE = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1";
const defaulted = (container: ContainerDraft): ContainerDraft => ({
  image: IMAGE,
  imagePullPolicy: "IfNotPresent",
  resources: {},
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  ...container,
});

interface Condition {
  type: string;
  $patch?: string;
}

/** What a strategic merge does to conditions, which the fake client replaces as a whole. */
function mergedConditions(before: readonly Condition[], patch: readonly Condition[], order: readonly Condition[]): Condition[] {
  const merged = new Map(before.map((condition) => [condition.type, condition]));
  for (const condition of patch) {
    if (condition.$patch === "delete") merged.delete(condition.type);
    else {
      const fields = Object.entries({ ...merged.get(condition.type), ...condition });
      // Null takes a field away; that of lastProbeTime is a value.
      const kept = fields.filter(([key, value]) => value !== null || key === "lastProbeTime");
      merged.set(condition.type, Object.fromEntries(kept) as unknown as Condition);
    }
  }
  const rank = ({ type }: Condition): number => order.findIndex((each) => each.type === type);
  return [...merged.values()].sort((a, b) => rank(a) - rank(b));
}

type StatusPatch = { status: Record<string, unknown> };

/** Lists of a strategic patch, as they stand after it. */
function resolved(current: Pod, { status, ...rest }: StatusPatch): object {
  const { "$setElementOrder/conditions": order, conditions, ...fields } = status as Record<string, never[]>;
  const plain = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.filter((each: object) => !("$patch" in each)) : value,
    ]),
  );
  const merged =
    conditions === undefined ? {} : { conditions: mergedConditions(current.status.conditions ?? [], conditions, order ?? []) };
  const { uid: _, ...metadata } = (rest as { metadata?: { uid?: string } }).metadata ?? {};
  return { ...rest, metadata, status: { ...plain, ...merged } };
}

/** Merges conditions, and removes a Pod with grace 0 as the server does. */
function withPods(client: FakeClient): FakeClient {
  const { patch, delete: remove } = client;
  return Object.assign(client, {
    patch: async (...[of, ref, type, body, options]: Parameters<typeof patch>) => {
      const current = client.all<Pod>(of).find(({ metadata }) => metadata.name === ref.name);
      const isStatus = options?.subresource === "status" && of === (Pod as unknown) && current !== undefined;
      const sent = isStatus ? resolved(current, body as StatusPatch) : body;
      return patch(of, ref, type, sent, options);
    },
    delete: async (...[of, ref, options]: Parameters<typeof remove>) => remove(of, ref, options),
  }) as FakeClient;
}

interface SimulatedNodeOptions {
  logger?: Logger;
  kubelet?: Partial<KubeletOptions>;
  /** Milliseconds that the runtime takes. */
  latencies?: { create?: number };
}

export async function simulatedNode(options: SimulatedNodeOptions = {}): Promise<SimulatedNode> {
  const clock = virtualClock();
  const entropy = seededEntropy(1);
  const client = withPods(fakeClient({ clock, entropy }));
  const runtime = simulatedRuntime({ clock, entropy, latencies: options.latencies ?? {} });
  const make = (): Kubelet =>
    createKubelet({
      client,
      runtime,
      clock,
      entropy,
      logger: options.logger ?? silentLogger,
      nodeName: "node",
      node: simulatedNodeFacts({ name: "node", address: "10.0.0.1", id: "00000000-0000-4000-8000-000000000001" }),
      prober: simulatedProber(runtime),
      output: runtime.output,
      cluster: { dns: { servers: [], domain: "cluster.local", host: { servers: [], searches: [], options: [] } } },
      ...options.kubelet,
    });
  const node: SimulatedNode = {
    clock,
    client,
    runtime,
    kubelet: make(),
    run(name, { containers = [{ name: "main" }], initContainers, ...spec }, behaviour) {
      const annotations = behaviour === undefined ? {} : { [BEHAVIOUR_ANNOTATION]: JSON.stringify(behaviour) };
      return client.seed<Pod>(Pod, {
        metadata: { name, namespace: "default", annotations },
        spec: {
          restartPolicy: "Always",
          terminationGracePeriodSeconds: 30,
          nodeName: "node",
          containers: containers.map(defaulted),
          ...(initContainers === undefined ? {} : { initContainers: initContainers.map(defaulted) }),
          ...spec,
        },
        status: { phase: "Pending" },
      });
    },
    pod: (name) => client.all<Pod>(Pod).find(({ metadata }) => metadata.name === name),
    remove(name, graceSeconds = 30) {
      const pod = node.pod(name);
      if (pod === undefined) return;
      const deletion = { deletionTimestamp: new Date(clock.now()).toISOString(), deletionGracePeriodSeconds: graceSeconds };
      // A finalizer keeps the fake server from removing it at once; the kubelet's own request removes it for good.
      void client.update(Pod, { ...pod, metadata: { ...pod.metadata, ...deletion, finalizers: ["test/grace"] } });
    },
    events: (reason) => [
      ...new Set(
        client
          .all<Event>(Event)
          .filter((event) => reason === undefined || event.reason === reason)
          .map((event) => `${event.type} ${event.reason} ${event.message}`),
      ),
    ],
    async restart() {
      await node.kubelet.stop();
      node.kubelet = make();
      await node.kubelet.start();
    },
    async until(done, limitSeconds = 60) {
      if (await clock.advanceUntil(done, limitSeconds * 1000)) return;
      throw new Error(`never came: ${done}\n${JSON.stringify(client.all(Pod), null, 1)}\n${node.events().join("\n")}`);
    },
  };
  await node.kubelet.start();
  return node;
}
