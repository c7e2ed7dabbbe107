/** One cluster in this process, from start to the signal that ends it. */
import type { DialNode } from "../apiserver/server-parts.ts";
import { keepKubernetesService } from "../apiserver/services/kubernetes-service.ts";
import { realClock } from "../base/clock.ts";
import { systemEntropy } from "../base/entropy.ts";
import type { HttpHandler, Origin } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import type { NodeNetwork } from "../network/node/node-network.ts";
import { type ClusterConfig, OWN_NODE_ADDRESS } from "./config.ts";
import {
  type DataDirectory,
  dataDirectory,
  makeDataDirectory,
  removeServerState,
  runningServer,
  type ServerState,
  startTicksOf,
  writeServerState,
} from "./data-directory.ts";
import { LOOPBACK } from "./identities.ts";
import { type Server, type ServerOptions, startServer } from "./server.ts";

/** What the cluster tells whoever started it. */
export interface RunListener {
  /** The API answers, and controllers and scheduler have seen all that is there. */
  ready(server: Server, elapsedMs: number): void;
  /** What takes long, in words. */
  progress(what: string): void;
  /** The node takes Pods. `notes`: what the user should know about it. */
  nodeReady(kind: ServerState["runtime"], notes: string): void;
}

export interface RunOptions {
  config: ClusterConfig;
  /** When the process began, in milliseconds since the epoch. */
  startMs: number;
  logger: Logger;
  listener: RunListener;
  /** Aborts when the cluster is to end. */
  signal: AbortSignal;
}

/** This directory's cluster runs already. */
class AlreadyRunningError extends Error {
  override readonly name = "CommandError";
}

type Node =
  | {
      kind: "real";
      nodeAddress: string;
      network: NodeNetwork;
      /** Whether it was there before: containers of an earlier life may use it. */
      networkIsOld: boolean;
      runtimeEndpoint: string | undefined;
      notes: string;
    }
  | { kind: "simulated"; notes: string };

/** Which node there will be. A real one gets its network before anything listens. */
async function prepareNode(config: ClusterConfig, directory: DataDirectory): Promise<Node> {
  if (config.runtime === "simulated") return { kind: "simulated", notes: "" };
  const { chooseRuntime, inspectMachine, refuseOtherKubelets } = await import("../kubelet/containerd/index.ts");
  const choice = chooseRuntime({ runtime: config.runtime, endpoint: config.runtimeEndpoint }, await inspectMachine());
  if (choice.kind === "simulated") return { kind: "simulated", notes: `nodes are simulated: ${choice.because}` };
  if (choice.kind === "containerd") await refuseOtherKubelets(directory.agent);
  const { hasNetwork, setUpNetwork } = await import("./real-node.ts");
  const nodeAddress = config.nodeAddress ?? OWN_NODE_ADDRESS;
  const networkIsOld = hasNetwork(directory);
  const network = await setUpNetwork(config, directory, nodeAddress);
  const runtimeEndpoint = choice.kind === "endpoint" ? choice.endpoint : undefined;
  return { kind: "real", nodeAddress, network, networkIsOld, runtimeEndpoint, notes: "" };
}

interface RunningNode {
  readonly kind: ServerState["runtime"];
  dial: DialNode;
  /** Simulated Pods have addresses that lead nowhere. */
  dialAddress(origin: Origin): HttpHandler | undefined;
  ready(): Promise<void>;
  stop(): Promise<void>;
}

async function startSimulated({ config, logger }: RunOptions, server: Server): Promise<RunningNode> {
  const { createSimulatedNodes, simulatedNodeNames } = await import("./simulated-nodes.ts");
  const nodes = createSimulatedNodes({
    ...config,
    controlPlane: server.controlPlane,
    clock: realClock,
    entropy: systemEntropy,
    logger,
    names: simulatedNodeNames(config.nodeName, config.simulatedNodes),
  });
  return {
    kind: "simulated",
    dial: (name) => nodes.dial(name),
    dialAddress: () => undefined,
    ready: () => nodes.ready(),
    stop: () => nodes.stop(),
  };
}

async function startReal(options: RunOptions, server: Server, node: Extract<Node, { kind: "real" }>): Promise<RunningNode> {
  const { endAgents, startRealNode, releaseNode } = await import("./real-node.ts");
  const { config, logger } = options;
  const { directory, pki, port } = server;
  const { nodeAddress, network, runtimeEndpoint } = node;
  const url = `https://${nodeAddress}:${port}`;
  const client = server.controlPlane.clientFor(LOOPBACK, "timonier");
  // One that outlived its server talks to a server that is gone.
  await endAgents(directory, realClock);
  const real = startRealNode({
    config,
    directory,
    pki,
    url,
    nodeAddress,
    network,
    runtimeEndpoint,
    client,
    clock: realClock,
    logger,
  });
  return {
    kind: "containerd",
    dial: (name, options) => (name === config.nodeName ? real.dial(options) : undefined),
    dialAddress: (origin) => real.dialAddress(origin),
    ready: () => real.agent.ready,
    async stop() {
      await real.stop();
      await releaseNode(directory, { deleteFiles: false, clock: realClock, logger });
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

function refuseSecondServer(directory: DataDirectory): void {
  const running = runningServer(directory);
  if (running === undefined) return;
  throw new AlreadyRunningError(
    `a cluster already runs on ${directory.path} (process ${running.pid}, ${running.server}): use it, or end it with \`timonier down --data-dir ${directory.path}\``,
  );
}

/** Where the server cannot be, the network that was set up for it goes again. */
async function startServerFor(
  options: RunOptions,
  node: Node,
  dialling: Pick<ServerOptions, "dialNode" | "dialAddress">,
): Promise<Server> {
  const { config, logger } = options;
  try {
    return await startServer({
      config,
      addresses: [...new Set([config.bindAddress, ...(node.kind === "real" ? [node.nodeAddress] : [])])],
      clock: realClock,
      entropy: systemEntropy,
      logger,
      onFatal: (error) => {
        logger.error("the store cannot go on", { error: error.message });
        process.exit(1);
      },
      ...dialling,
    });
  } catch (error) {
    if (node.kind === "real" && !node.networkIsOld) await node.network.tearDown();
    throw error;
  }
}

/** Resolves when the cluster has ended. */
export async function runCluster(options: RunOptions): Promise<void> {
  const { config, startMs, logger, listener, signal } = options;
  const directory = dataDirectory(config.dataDirectory);
  refuseSecondServer(directory);
  makeDataDirectory(directory);
  const node = await prepareNode(config, directory);
  let running: RunningNode | undefined;
  const nodeAddress = node.kind === "real" ? node.nodeAddress : OWN_NODE_ADDRESS;
  const server = await startServerFor(options, node, {
    dialNode: (name, options) => running?.dial(name, options),
    dialAddress: (origin) => running?.dialAddress(origin),
  });
  try {
    const { handle } = server.controlPlane;
    await keepKubernetesService({ handle, serviceCidr: config.serviceCidr, address: nodeAddress, port: server.port });
    await server.controlPlane.ready();
    writeServerState(server.directory, {
      pid: process.pid,
      startTicks: startTicksOf(process.pid) ?? "",
      server: server.url,
      kubeconfig: config.kubeconfig,
      runtime: node.kind === "real" ? "containerd" : "simulated",
      nodeName: config.nodeName,
      disabled: [...config.disabled],
    });
    listener.ready(server, realClock.now() - startMs);
    logger.info("the cluster is ready", { server: server.url, process: process.pid });
    if (node.kind === "real") listener.progress("starting the node");
    running = node.kind === "real" ? await startReal(options, server, node) : await startSimulated(options, server);
    const { kind } = running;
    await Promise.race([running.ready().then(() => listener.nodeReady(kind, node.notes)), aborted(signal)]);
    await aborted(signal);
    logger.info("the cluster ends");
  } finally {
    await running?.stop();
    await server.stop();
    removeServerState(server.directory);
  }
}
