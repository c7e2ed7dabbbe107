/**
 * A container runtime in memory, on the injected clock: nothing runs, but everything happens as if it did.
 *
 * Invariants: it imports nothing of the platform; a call holds virtual time still except while it waits for that time itself; state
 * changes and their events come in the same turn. What containers do is in behaviour.ts and images.ts.
 */
import { encodeHex } from "../../../base/bytes.ts";
import { type Clock, during, sleep } from "../../../base/clock.ts";
import type { Entropy } from "../../../base/entropy.ts";
import type { PodSandboxConfig } from "../config.ts";
import type { ContainerOutput } from "../output.ts";
import {
  type ContainerEvent,
  type ContainerEventType,
  type PodSandbox,
  type PodSandboxStatus,
  type Runtime,
  RuntimeError,
} from "../runtime.ts";
import { type Addresses, addresses } from "./addresses.ts";
import { behaviourOf, type ProbeKind, probeResult, runOf } from "./behaviour.ts";
import { KILLED, type SimulatedContainer, simulatedContainer } from "./container.ts";
import { execute, session } from "./execution.ts";
import {
  fullName,
  imageOf,
  neverResolves,
  type ProgrammableImage,
  pullError,
  type SimulatedImages,
  simulatedImages,
} from "./images.ts";
import { simulatedOutput } from "./output.ts";

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

/** How long each call takes, in milliseconds. */
export interface Latencies {
  sandbox: number;
  create: number;
  start: number;
  stop: number;
}

export interface SimulatedRuntime extends Runtime {
  readonly output: ContainerOutput;
  /** What a probe of that kind finds now; undefined where the container's behaviour does not say. */
  probe(containerId: string, kind: ProbeKind): string | undefined;
  image(reference: string): ProgrammableImage;
  /** Ends a running container, as if its process had; for tests. */
  crash(pod: { namespace: string; name: string }, container: string, exitCode: number): void;
  readonly latencies: Latencies;
  /** Every call, as `method id-or-name`, where a test asked for it. */
  calls: string[] | undefined;
}

interface Sandbox extends PodSandboxStatus {
  readonly config: PodSandboxConfig;
  readonly containers: Map<string, SimulatedContainer>;
}

const NO_LATENCY: Latencies = { sandbox: 0, create: 0, start: 0, stop: 0 };
const VERSION = { runtimeName: "simulated", runtimeVersion: "1.0.0", runtimeApiVersion: "v1" };
/** Where programs are looked for in a simulated image; an absolute path elsewhere is not there. */
const PROGRAM_ROOTS =
  /^\/(bin|sbin|usr|opt|app|home|root|srv|var|tmp|etc|lib|lib64|mnt|data|scripts|workspace|entrypoint|docker)/;

const matches = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>> = {}): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

function missingProgram(command: readonly string[]): string | undefined {
  const [program = ""] = command;
  if (!program.startsWith("/") || PROGRAM_ROOTS.test(program)) return undefined;
  return (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start " +
    `container process: exec: "${program}": stat ${program}: no such file or directory`
  );
}

export function simulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  const { clock, entropy, images = simulatedImages(), podCidr = "10.88.0.0/16", nodeAddress = "127.0.0.1" } = options;
  const latencies: Latencies = { ...NO_LATENCY, ...options.latencies };
  const sandboxes = new Map<string, Sandbox>();
  const containers = new Map<string, SimulatedContainer>();
  const pulled = new Set<string>();
  const listeners = new Set<(event: ContainerEvent) => void>();
  let pool: Addresses = addresses(podCidr);
  let range = podCidr;

  const newId = (): string => encodeHex(entropy.bytes(32));
  const isPresent = (name: string): boolean => pulled.has(name) || images.facts(name).present;

  function note(method: string, what: string): void {
    runtime.calls?.push(`${method} ${what}`);
  }

  /** The shape of every call: time stands still while it works, and goes on while it waits. */
  async function call<T>(latencyMs: number, work: () => T | Promise<T>): Promise<T> {
    if (latencyMs > 0) await sleep(clock, latencyMs);
    return during(clock, "simulated runtime", async () => work());
  }

  function tell(type: ContainerEventType, containerId: string, podUid: string): void {
    const event = { type, containerId, podUid, createdAtMs: clock.now() };
    for (const listener of listeners) listener(event);
  }

  function sandboxOf(id: string): Sandbox {
    const sandbox = sandboxes.get(id);
    if (sandbox === undefined) throw new RuntimeError("NotFound", `an error occurred when try to find sandbox: not found`);
    return sandbox;
  }

  function containerOf(id: string): SimulatedContainer {
    const container = containers.get(id);
    if (container === undefined)
      throw new RuntimeError("NotFound", `an error occurred when try to find container "${id}": not found`);
    return container;
  }

  const summary = ({ id, metadata, state, createdAtMs, labels, annotations, runtimeHandler }: Sandbox): PodSandbox => ({
    id,
    metadata,
    state,
    createdAtMs,
    labels,
    annotations,
    runtimeHandler,
  });

  function startSandbox(config: PodSandboxConfig, runtimeHandler: string): string {
    const onHost = config.linux.securityContext.namespaces.network === "Node";
    const address = onHost ? undefined : pool.allocate();
    if (!onHost && address === undefined) throw new RuntimeError("Unknown", `no IP addresses available in range ${range}`);
    const id = newId();
    sandboxes.set(id, {
      id,
      metadata: config.metadata,
      state: "Ready",
      createdAtMs: clock.now(),
      labels: config.labels,
      annotations: config.annotations,
      runtimeHandler,
      ips: onHost ? [nodeAddress] : [address ?? ""],
      config,
      containers: new Map(),
    });
    tell("Started", id, config.metadata.uid);
    return id;
  }

  function stopSandbox(sandbox: Sandbox): void {
    for (const container of sandbox.containers.values()) if (container.state === "Running") container.end(KILLED);
    if (sandbox.state === "NotReady") return;
    for (const address of sandbox.ips) pool.release(address);
    sandbox.state = "NotReady";
    sandbox.ips = [];
    tell("Stopped", sandbox.id, sandbox.metadata.uid);
  }

  function removeContainer(container: SimulatedContainer): void {
    if (container.state === "Running") container.end(KILLED);
    const sandbox = sandboxes.get(container.sandboxId);
    containers.delete(container.id);
    sandbox?.containers.delete(container.id);
    tell("Deleted", container.id, sandbox?.metadata.uid ?? "");
  }

  const runtime: SimulatedRuntime = {
    calls: undefined,
    latencies,
    output: simulatedOutput((id) => containers.get(id)),
    image: (reference) => images.image(reference),
    probe(containerId, kind) {
      const container = containers.get(containerId);
      if (container?.state !== "Running") return undefined;
      return probeResult(container.behaviour, kind, clock.now() - container.startedAtMs);
    },
    crash({ namespace, name }, container, exitCode) {
      for (const sandbox of sandboxes.values()) {
        if (sandbox.metadata.namespace !== namespace || sandbox.metadata.name !== name) continue;
        for (const each of sandbox.containers.values())
          if (each.config.metadata.name === container && each.state === "Running") each.end(exitCode);
      }
    },

    version: async () => VERSION,
    status: async () => ({
      conditions: ["RuntimeReady", "NetworkReady"].map((type) => ({ type, status: true, reason: "", message: "" })),
      runtimeHandlers: [{ name: "", recursiveReadOnlyMounts: true, userNamespaces: true }],
      features: { supplementalGroupsPolicy: true },
    }),
    async updateRuntimeConfig(cidr) {
      if (cidr === range || cidr === "") return;
      range = cidr;
      pool = addresses(cidr);
    },

    runPodSandbox(config, runtimeHandler) {
      note("runPodSandbox", config.metadata.name);
      return call(latencies.sandbox, () => startSandbox(config, runtimeHandler));
    },
    stopPodSandbox(id) {
      note("stopPodSandbox", id);
      return call(0, () => {
        const sandbox = sandboxes.get(id);
        if (sandbox !== undefined) stopSandbox(sandbox);
      });
    },
    removePodSandbox: (id) =>
      call(0, () => {
        const sandbox = sandboxes.get(id);
        if (sandbox === undefined) return;
        stopSandbox(sandbox);
        for (const container of [...sandbox.containers.values()]) removeContainer(container);
        sandboxes.delete(id);
        tell("Deleted", id, sandbox.metadata.uid);
      }),
    podSandboxStatus: (id) =>
      call(0, () => {
        const sandbox = sandboxOf(id);
        return { ...summary(sandbox), ips: sandbox.ips };
      }),
    listPodSandboxes: (filter = {}) =>
      call(0, () =>
        [...sandboxes.values()]
          .filter(
            ({ id, state, labels }) =>
              (filter.id ?? id) === id && (filter.state ?? state) === state && matches(labels, filter.labels),
          )
          .map(summary),
      ),

    createContainer(podSandboxId, config) {
      note("createContainer", config.metadata.name);
      return call(latencies.create, () => {
        const sandbox = sandboxOf(podSandboxId);
        const name = [config.image.userSpecifiedImage, config.image.image].map(fullName).find(isPresent);
        if (name === undefined) throw new RuntimeError("NotFound", `failed to resolve image "${config.image.image}": not found`);
        const facts = images.facts(name);
        const own = behaviourOf(sandbox.annotations, config.metadata.name);
        const behaviour = Object.keys(own).length > 0 ? own : facts.behaviour;
        const id = newId();
        const { id: imageId, repoDigests } = imageOf(name, facts);
        const container = simulatedContainer({
          id,
          sandboxId: podSandboxId,
          config,
          behaviour,
          run: runOf(behaviour, sandbox.annotations, config.metadata.attempt),
          image: { name: config.image.userSpecifiedImage, id: imageId, reference: repoDigests[0] ?? imageId },
          logPath: `${sandbox.config.logDirectory}/${config.logPath}`,
          clock,
          onChange: (type) => tell(type, id, sandbox.metadata.uid),
        });
        containers.set(id, container);
        sandbox.containers.set(id, container);
        tell("Created", id, sandbox.metadata.uid);
        return id;
      });
    },
    startContainer(id) {
      note("startContainer", id);
      return call(latencies.start, () => {
        const container = containerOf(id);
        if (container.state !== "Created")
          throw new RuntimeError("FailedPrecondition", `container "${id}" is in ${container.state} state`);
        const { behaviour, config } = container;
        const sandbox = sandboxOf(container.sandboxId);
        const run = runOf(behaviour, sandbox.annotations, config.metadata.attempt);
        const problem = run.startError ?? missingProgram(config.command);
        if (problem === undefined) return container.start();
        container.failToStart(problem);
        throw new RuntimeError("Unknown", problem);
      });
    },
    async stopContainer(id, graceMs, { signal } = {}) {
      note("stopContainer", id);
      const container = containers.get(id);
      if (container === undefined || container.state !== "Running") return;
      if (latencies.stop > 0) await sleep(clock, latencies.stop);
      if (graceMs > 0) {
        container.terminate();
        const over = new AbortController();
        void container.ended().then(() => over.abort());
        await sleep(clock, graceMs, signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]));
        if (signal?.aborted && !over.signal.aborted) throw new RuntimeError("Canceled", "context canceled");
      }
      if (container.state === "Running") container.end(KILLED);
    },
    removeContainer: (id) =>
      call(0, () => {
        const container = containers.get(id);
        if (container !== undefined) removeContainer(container);
      }),
    listContainers: (filter = {}) =>
      call(0, () => {
        const within =
          filter.podSandboxId === undefined ? containers : (sandboxes.get(filter.podSandboxId)?.containers ?? new Map());
        return [...within.values()]
          .map((container: SimulatedContainer) => container.status())
          .filter(
            ({ id, state, labels }) =>
              (filter.id ?? id) === id && (filter.state ?? state) === state && matches(labels, filter.labels),
          );
      }),
    containerStatus: (id) => call(0, () => containerOf(id).status()),
    updateContainerResources: (id) => call(0, () => void containerOf(id)),
    reopenContainerLog: (id) => call(0, () => void containerOf(id)),

    execSync: async (id, command, callOptions) => execute(clock, containerOf(id), command, callOptions),
    exec: async ({ containerId, command }) => ({
      session: session(async (write, signal) => {
        const { stdout, exitCode } = await execute(clock, containerOf(containerId), command, { signal });
        write(stdout);
        return exitCode;
      }),
    }),
    attach: async ({ containerId }) => ({
      session: session(async (write, signal) => {
        const container = containerOf(containerId);
        const following = { follow: true, tailLines: 0, ended: () => container.state !== "Running", signal };
        for await (const { bytes } of runtime.output.logs({ containerId, path: "" }, following)) write(bytes);
        return 0;
      }),
    }),
    async portForward(podSandboxId, port) {
      const { metadata } = sandboxOf(podSandboxId);
      throw new RuntimeError(
        "Unimplemented",
        `nothing listens on port ${port} of simulated Pod ${metadata.namespace}/${metadata.name}`,
      );
    },

    containerStats: (id) => call(0, () => statsOf(containerOf(id))),
    listContainerStats: () => call(0, () => [...containers.values()].filter(({ state }) => state === "Running").map(statsOf)),
    containerEvents(onEvent, signal) {
      listeners.add(onEvent);
      return new Promise((resolve) => {
        const stop = (): void => {
          listeners.delete(onEvent);
          resolve();
        };
        if (signal.aborted) stop();
        else signal.addEventListener("abort", stop, { once: true });
      });
    },

    imageStatus: (image) => {
      const name = image.startsWith("sha256:")
        ? presentNames().find((each) => imageOf(each, images.facts(each)).id === image)
        : fullName(image);
      return call(0, () => (name !== undefined && isPresent(name) ? imageOf(name, images.facts(name)) : undefined));
    },
    listImages: () => call(0, () => presentNames().map((name) => imageOf(name, images.facts(name)))),
    async pullImage(image, _auth, _sandbox, { signal } = {}) {
      const name = fullName(image);
      note("pullImage", name);
      const { pullFailure, pullMs } = images.facts(name);
      await sleep(clock, pullMs, signal);
      if (signal?.aborted) throw new RuntimeError("Canceled", "context canceled");
      return call(0, () => {
        if (pullFailure !== undefined || neverResolves(name)) throw pullError(name, pullFailure);
        pulled.add(name);
        return imageOf(name, images.facts(name)).repoDigests[0] ?? name;
      });
    },
    removeImage: (image) => call(0, () => void pulled.delete(fullName(image))),
    imageFsInfo: async () => ({ imageFilesystems: [], containerFilesystems: [] }),
    close: async () => {},
  };

  const presentNames = (): string[] => [...new Set([...images.present(), ...pulled])];

  const statsOf = ({ id, config, startedAtMs }: SimulatedContainer) => ({
    id,
    metadata: config.metadata,
    labels: config.labels,
    timestampMs: clock.now(),
    cpuUsageCoreNanoSeconds: Math.max(0, clock.now() - startedAtMs) * 1_000,
    memoryUsageBytes: 8 * 2 ** 20,
    memoryWorkingSetBytes: 8 * 2 ** 20,
    writableLayerUsedBytes: 0,
    writableLayerInodesUsed: 0,
  });

  return runtime;
}
