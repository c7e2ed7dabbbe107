/**
 * A container runtime in memory, on the injected clock: nothing runs, but everything happens as if it did.
 *
 * Invariants: it imports nothing of the platform; a call holds virtual time still except while it waits for that time itself; state
 * changes and their events come in the same turn. What containers do is in behaviour.ts and images.ts.
 */
import type { Clock } from "../../../base/clock.ts";
import type { Entropy } from "../../../base/entropy.ts";
import type { ContainerOutput } from "../output.ts";
import type { Runtime, RuntimeStatus } from "../runtime.ts";
import { addresses } from "./addresses.ts";
import { type ProbeKind, probeResult } from "./behaviour.ts";
import { containerCalls } from "./container-calls.ts";
import { imageCalls } from "./image-calls.ts";
import { type ProgrammableImage, type SimulatedImages, simulatedImages } from "./images.ts";
import { simulatedOutput } from "./output.ts";
import { sandboxCalls, stopSandbox } from "./sandbox-calls.ts";
import { streamCalls } from "./stream-calls.ts";
import type { Latencies, World } from "./world.ts";

export interface SimulatedRuntimeOptions {
  clock: Clock;
  entropy: Entropy;
  /** Shared by the nodes of a cluster; its own where absent. */
  images?: SimulatedImages;
  /** The range of Pod addresses until the node is given one. */
  podCidr?: string;
  nodeAddress?: string;
  latencies?: Partial<Latencies>;
}

export interface SimulatedRuntime extends Runtime {
  readonly output: ContainerOutput;
  /** What a probe of that kind finds now; undefined where the container's behaviour does not say. */
  probe(containerId: string, kind: ProbeKind): string | undefined;
  image(reference: string): ProgrammableImage;
  /** Ends a running container, as if its process had; for tests. */
  crash(pod: { namespace: string; name: string }, container: string, exitCode: number): void;
  /** Everything that runs ends at once, as when the machine loses its power; what was fetched and what has ended stays. */
  losePower(): void;
  /** May be changed at any time. */
  readonly latencies: Latencies;
  /** Writes every call down from now on, as `method id-or-name`. */
  record(): readonly string[];
}

const NO_LATENCY: Latencies = { sandbox: 0, create: 0, start: 0, stop: 0 };
const VERSION = { runtimeName: "simulated", runtimeVersion: "1.0.0", runtimeApiVersion: "v1" };
const STATUS: RuntimeStatus = {
  conditions: ["RuntimeReady", "NetworkReady"].map((type) => ({ type, status: true, reason: "", message: "" })),
  runtimeHandlers: [{ name: "", recursiveReadOnlyMounts: true, userNamespaces: true }],
  features: { supplementalGroupsPolicy: true },
};

function createWorld(options: SimulatedRuntimeOptions): World {
  const { clock, entropy, images = simulatedImages(), podCidr = "10.88.0.0/16", nodeAddress = "127.0.0.1" } = options;
  return {
    clock,
    entropy,
    images,
    latencies: { ...NO_LATENCY, ...options.latencies },
    nodeAddress,
    sandboxes: new Map(),
    containers: new Map(),
    pulled: new Set(),
    listeners: new Set(),
    range: podCidr,
    addresses: addresses(podCidr),
    calls: undefined,
  };
}

type NodeCalls = Pick<Runtime, "version" | "status" | "updateRuntimeConfig" | "close"> &
  Required<Pick<Runtime, "containerEvents">>;

const nodeCalls = (world: World): NodeCalls => ({
  version: async () => VERSION,
  status: async () => STATUS,
  async updateRuntimeConfig(cidr) {
    if (cidr === world.range || cidr === "") return;
    world.range = cidr;
    world.addresses = addresses(cidr);
  },
  containerEvents(onEvent, signal) {
    world.listeners.add(onEvent);
    return new Promise((resolve) => {
      const stop = (): void => {
        world.listeners.delete(onEvent);
        resolve();
      };
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
  },
  close: async () => {},
});

/** What tests and probers ask besides the CRI. */
const programming = (world: World): Pick<SimulatedRuntime, "probe" | "image" | "crash" | "losePower" | "record"> => ({
  image: (reference) => world.images.image(reference),
  probe(containerId, kind) {
    const container = world.containers.get(containerId);
    if (container?.state !== "Running") return undefined;
    return probeResult(container.behaviour, kind, world.clock.now() - container.startedAtMs);
  },
  crash({ namespace, name }, containerName, exitCode) {
    for (const { metadata, containers } of world.sandboxes.values()) {
      if (metadata.namespace !== namespace || metadata.name !== name) continue;
      for (const container of containers.values())
        if (container.config.metadata.name === containerName && container.state === "Running") container.end(exitCode);
    }
  },
  losePower() {
    for (const sandbox of world.sandboxes.values()) stopSandbox(world, sandbox);
  },
  record() {
    world.calls ??= [];
    return world.calls;
  },
});

export function simulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  const world = createWorld(options);
  const output = simulatedOutput((id) => world.containers.get(id));
  return {
    output,
    latencies: world.latencies,
    ...programming(world),
    ...nodeCalls(world),
    ...sandboxCalls(world),
    ...containerCalls(world),
    ...streamCalls(world, output),
    ...imageCalls(world),
  };
}
