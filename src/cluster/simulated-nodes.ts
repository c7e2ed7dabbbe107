/**
 * Nodes without machines: the real kubelet on the simulated runtime, as many as wanted in one process.
 *
 * They share one table of images and one view of ConfigMaps, Secrets and Services, so that a thousand of them cost little.
 */
import { Service } from "../api/core/service.ts";
import type { Clock } from "../base/clock.ts";
import { type Entropy, uuid } from "../base/entropy.ts";
import type { HttpHandler } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import { createEventRecorder } from "../client/event-recorder.ts";
import { createKubelet, type Kubelet } from "../kubelet/kubelet.ts";
import { simulatedNodeFacts } from "../kubelet/node/facts.ts";
import { type SimulatedImages, simulatedImages } from "../kubelet/runtime/simulated/images.ts";
import { simulatedProber } from "../kubelet/runtime/simulated/prober.ts";
import { type SimulatedRuntime, simulatedRuntime } from "../kubelet/runtime/simulated/simulated-runtime.ts";
import { addressAt, dnsAddressOf } from "./addresses.ts";
import type { ControlPlane } from "./control-plane.ts";
import { nodeIdentity } from "./identities.ts";

export interface SimulatedNodesOptions {
  controlPlane: ControlPlane;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
  /** In the order in which they are made. */
  names: readonly string[];
  serviceCidr: string;
  clusterDomain: string;
}

export interface SimulatedNode {
  readonly name: string;
  readonly runtime: SimulatedRuntime;
  /** Undefined while the machine is down. */
  readonly kubelet: Kubelet | undefined;
  /** The machine loses its power: nobody tells the API server. */
  crash(): Promise<void>;
  /** The machine comes back; what ran on it does not run. Resolves when the node is registered again. */
  restore(): Promise<void>;
}

export interface SimulatedNodes {
  readonly nodes: readonly SimulatedNode[];
  /** What containers of an image do, on every node. */
  readonly images: SimulatedImages;
  /** The node API of a node. */
  dial(name: string): HttpHandler | undefined;
  /** Resolves when every node is registered and has seen its Pods. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/** Addresses of simulated nodes: nothing listens there, and nothing is ever sent. */
const NODE_RANGE = "10.64.0.0/12";
/** Nodes that start at once. */
const STARTING = 32;

export const simulatedNodeNames = (first: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => (index === 0 ? first : `${first}-${index}`));

function simulatedNode(name: string, runtime: SimulatedRuntime, createAnew: () => Kubelet): SimulatedNode {
  let kubelet: Kubelet | undefined = createAnew();
  return {
    name,
    runtime,
    get kubelet() {
      return kubelet;
    },
    async crash() {
      const stopping = kubelet?.stop();
      kubelet = undefined;
      runtime.losePower();
      await stopping;
    },
    async restore() {
      if (kubelet !== undefined) return;
      kubelet = createAnew();
      await kubelet.start();
    },
  };
}

export function createSimulatedNodes(options: SimulatedNodesOptions): SimulatedNodes {
  const { controlPlane, clock, entropy, logger, names } = options;
  const images = simulatedImages();
  const dns = {
    servers: [dnsAddressOf(options.serviceCidr)],
    domain: options.clusterDomain,
    host: { servers: [], searches: [], options: [] },
  };
  const { informers } = controlPlane;
  informers.watch(Service);
  const services = {
    services: (namespace: string) => informers.list(Service, namespace),
    apiServer: () => informers.get(Service, "default", "kubernetes"),
  };

  const nodes = names.map((name, index) => {
    const address = addressAt(NODE_RANGE, index + 1);
    const client = controlPlane.clientFor(nodeIdentity(name), "kubelet");
    const runtime = simulatedRuntime({ clock, entropy, images, nodeAddress: address });
    const own = logger.with({ component: "kubelet", node: name });
    const facts = simulatedNodeFacts({ name, address, id: uuid(entropy) });
    return simulatedNode(name, runtime, () =>
      createKubelet({
        client,
        runtime,
        clock,
        entropy,
        logger: own,
        nodeName: name,
        node: facts,
        prober: simulatedProber(runtime),
        output: runtime.output,
        cluster: { dns },
        services,
        events: createEventRecorder({ client, clock, entropy, component: "kubelet", host: name, logger: own }),
      }),
    );
  });
  const byName = new Map(nodes.map((node) => [node.name, node]));

  async function start(): Promise<void> {
    for (let begin = 0; begin < nodes.length; begin += STARTING) {
      await Promise.all(nodes.slice(begin, begin + STARTING).map(({ kubelet }) => kubelet?.start()));
    }
    await Promise.all(nodes.map(({ kubelet }) => kubelet?.synced()));
  }
  const started = start();
  started.catch((error: unknown) => logger.error("a simulated node did not start", { error: String(error) }));

  return {
    nodes,
    images,
    dial: (name) => byName.get(name)?.kubelet?.handler,
    ready: () => started,
    async stop() {
      await Promise.all(nodes.map(({ kubelet }) => kubelet?.stop()));
    },
  };
}
