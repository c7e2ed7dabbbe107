/**
 * A whole cluster in this process, for programs and tests: API server, controllers and scheduler over a store in memory, and
 * simulated nodes that run the real kubelet.
 *
 * On a virtual clock it is deterministic: the same calls with the same seed give byte for byte the same history, however busy the
 * machine is. Nothing here needs Node, so it also runs in a browser's worker; only `serve` loads what opens sockets.
 */
import { sharedTokenKey } from "../apiserver/authn/token-key.ts";
import { assert } from "../base/assert.ts";
import { type Clock, keepProcessAlive, realClock } from "../base/clock.ts";
import { type Entropy, seededEntropy, systemEntropy } from "../base/entropy.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import { type VirtualClock, virtualClock } from "../base/virtual-clock.ts";
import type { Client } from "../client/client.ts";
import type { ProgrammableImage } from "../kubelet/runtime/simulated/images.ts";
import { createMemoryStore } from "../store/memory/memory-store.ts";
import type { Store } from "../store/store.ts";
import { type ChangeLog, changeLog } from "./change-log.ts";
import { type ClusterObjects, clusterObjects } from "./cluster-objects.ts";
import type { ClusterSocket } from "./cluster-socket.ts";
import { type Component, DEFAULT_CLUSTER_DOMAIN, DEFAULT_SERVICE_CIDR, LARGE_POD_CIDR } from "./config.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { ADMINISTRATOR } from "./identities.ts";
import { type Passage, realPassage, virtualPassage } from "./passage.ts";
import { createSimulatedNodes, type SimulatedNode, type SimulatedNodes } from "./simulated-nodes.ts";

export interface ClusterOptions {
  /** `virtual`: time stands still until `advance` or `until` moves it, and a minute costs no more than what happens in it. */
  clock?: "real" | "virtual";
  /** Containers in memory; what they do is said by `runtime.image(…)` and by the annotation `timonier.io/behaviour`. */
  runtime?: "simulated";
  /** How many nodes there are, named node-1, node-2, …; 1 unless said otherwise. */
  nodes?: number;
  /** Names, UIDs and jitter follow from it. On a virtual clock it is 1 unless said otherwise. */
  seed?: number;
  podCidr?: string;
  serviceCidr?: string;
  clusterDomain?: string;
  /** Components that do not run. */
  disable?: readonly Component[];
  /** Serves the API on a loopback port as well, so that kubectl can look; needs Node. The run is not deterministic then. */
  serve?: boolean;
  logger?: Logger;
}

export interface Cluster extends ClusterObjects, AsyncDisposable {
  /** Acts as the administrator. */
  readonly client: Client;
  readonly clock: Clock;
  readonly seed: number | undefined;
  readonly runtime: {
    /** What containers of this image do, on every node. */
    image(reference: string): ProgrammableImage;
  };
  /** Takes a node's power away. Its Pods end unnoticed; the API server learns of it by silence. */
  crashNode(name: string): Promise<void>;
  restoreNode(name: string): Promise<void>;
  /** Every stored change in order, one line each; kept on a virtual clock. */
  log(): string[];
  /** Where the kubeconfig of the administrator is; only with `serve`. */
  kubeconfig(): string;
}

/** A clock, and how time passes on it. */
interface Time {
  clock: Clock;
  virtual: VirtualClock | undefined;
  entropy: Entropy;
  seed: number | undefined;
}

function timeOf({ clock = "real", seed, serve = false }: ClusterOptions): Time {
  if (clock === "real") {
    const entropy = seed === undefined ? systemEntropy : seededEntropy(seed);
    return { clock: realClock, virtual: undefined, entropy, seed };
  }
  // Certificates have to be valid for programs outside, whose time is the machine's.
  const virtual = virtualClock(serve ? { startMs: realClock.now() } : { deterministic: true });
  return { clock: virtual, virtual, entropy: seededEntropy(seed ?? 1), seed: seed ?? 1 };
}

/** No platform cryptography: it is asynchronous, and nobody outside sees these tokens. */
const tokenKeyOf = async (entropy: Entropy) => sharedTokenKey(entropy.bytes(32));

/** What is made from the start on, in order. */
interface Parts {
  time: Time;
  store: Store;
  log: ChangeLog;
  passage: Passage;
  socket: ClusterSocket | undefined;
  controlPlane: ControlPlane;
  nodes: SimulatedNodes;
}

async function startParts(options: ClusterOptions): Promise<Parts> {
  const { nodes: count = 1, disable = [], logger = silentLogger } = options;
  const time = timeOf(options);
  const { clock, virtual, entropy } = time;
  const network = {
    podCidr: options.podCidr ?? LARGE_POD_CIDR,
    serviceCidr: options.serviceCidr ?? DEFAULT_SERVICE_CIDR,
    clusterDomain: options.clusterDomain ?? DEFAULT_CLUSTER_DOMAIN,
  };
  const store = createMemoryStore({ clock });
  const log = changeLog({ store, clock, keep: virtual !== undefined });
  const passage = virtual === undefined ? realPassage(clock, log) : virtualPassage(virtual, log);
  const socket = options.serve ? await (await import("./cluster-socket.ts")).openClusterSocket({ logger }) : undefined;
  let nodes: SimulatedNodes | undefined;
  const controlPlane = await startControlPlane({
    ...network,
    store,
    clock,
    entropy,
    logger,
    tokenKey: tokenKeyOf(entropy),
    serviceAccountIssuer: `https://kubernetes.default.svc.${network.clusterDomain}`,
    trust: socket?.trust ?? { ca: "", frontProxyCa: "", server: "" },
    disabled: new Set(disable),
    dialNode: (name) => nodes?.dial(name),
  });
  await socket?.serve(controlPlane.handle);
  const names = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
  nodes = createSimulatedNodes({ ...network, controlPlane, clock, entropy, logger, names });
  return { time, store, log, passage, socket, controlPlane, nodes };
}

/** Lets time go by until `work` is done: it may wait for the clock. */
async function finish(passage: Passage, clock: VirtualClock | undefined, work: Promise<unknown>): Promise<void> {
  if (clock === undefined) return void (await work);
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  ended.catch(() => {});
  await clock.advanceUntil(() => done, passage.patienceMs);
  assert(done, "the cluster does not come to rest");
  await ended;
}

/** Resolves when every component has seen what is there and every node is registered. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const parts = await startParts(options);
  const { time, store, log, passage, socket, controlPlane, nodes } = parts;
  const { clock, virtual, entropy, seed } = time;
  const finished = (work: Promise<unknown>): Promise<void> => finish(passage, virtual, work);
  // A virtual cluster lives while somebody moves its time; a real one until it is ended.
  const alive = virtual === undefined || socket !== undefined ? keepProcessAlive() : undefined;
  await finished(Promise.all([controlPlane.ready(), nodes.ready()]));

  const client = controlPlane.clientFor(ADMINISTRATOR, "timonier");
  const hint = seed === undefined ? "" : ` (seed ${seed})`;
  const objects = clusterObjects({ client, clock, entropy, passage, namespace: "default", hint });
  const nodeNamed = (name: string): SimulatedNode => {
    const node = nodes.nodes.find((each) => each.name === name);
    assert(node !== undefined, `there is no node ${JSON.stringify(name)}`);
    return node;
  };

  async function stop(): Promise<void> {
    await objects.stop();
    await nodes.stop();
    await controlPlane.stop();
    log.stop();
    await store.close();
    alive?.cancel();
  }

  return {
    ...objects,
    client,
    clock,
    seed,
    runtime: { image: (reference) => nodes.images.image(reference) },
    crashNode: (name) => finished(nodeNamed(name).crash()),
    restoreNode: (name) => finished(nodeNamed(name).restore()),
    log: () => log.lines(),
    kubeconfig() {
      assert(socket !== undefined, "there is no kubeconfig: start the cluster with `serve: true`");
      return socket.kubeconfig;
    },
    async [Symbol.asyncDispose]() {
      // On the machine's time, whatever time the cluster has.
      await socket?.close();
      await finished(stop());
    },
  };
}
