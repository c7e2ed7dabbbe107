/** The calls about containers. */
import { sleep } from "../../../base/clock.ts";
import type { ContainerConfig } from "../config.ts";
import { type ContainerFilter, type ContainerStats, RuntimeError, type RuntimeService } from "../runtime.ts";
import { behaviourOf, runOf } from "./behaviour.ts";
import { KILLED, SimulatedContainer } from "./container.ts";
import { fullName, imageOf } from "./images.ts";
import { call, containerOf, hasImage, hasLabels, newId, note, sandboxOf, tell, type World } from "./world.ts";

/** Where programs are looked for in a simulated image; an absolute path elsewhere is not there. */
const PROGRAM_ROOTS =
  /^\/(bin|sbin|usr|opt|app|home|root|srv|var|tmp|etc|lib|lib64|mnt|data|scripts|workspace|entrypoint|docker)/;
const MEMORY_BYTES = 8 * 2 ** 20;

function missingProgram([program = ""]: readonly string[]): string | undefined {
  if (!program.startsWith("/") || PROGRAM_ROOTS.test(program)) return undefined;
  return (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start " +
    `container process: exec: "${program}": stat ${program}: no such file or directory`
  );
}

function createContainer(world: World, podSandboxId: string, config: ContainerConfig): string {
  const sandbox = sandboxOf(world, podSandboxId);
  const { image: wanted, metadata } = config;
  const name = [wanted.userSpecifiedImage, wanted.image].map(fullName).find((each) => hasImage(world, each));
  if (name === undefined) throw new RuntimeError("NotFound", `failed to resolve image "${wanted.image}": not found`);
  const facts = world.images.facts(name);
  const own = behaviourOf(sandbox.annotations, metadata.name);
  const behaviour = Object.keys(own).length > 0 ? own : facts.behaviour;
  const image = imageOf(name, facts);
  const id = newId(world);
  const container = new SimulatedContainer({
    id,
    sandboxId: podSandboxId,
    config,
    behaviour,
    run: runOf(behaviour, sandbox.annotations, metadata.attempt),
    image: { name: wanted.userSpecifiedImage, id: image.id, reference: image.repoDigests[0] ?? image.id },
    logPath: `${sandbox.config.logDirectory}/${config.logPath}`,
    clock: world.clock,
    onChange: (type) => tell(world, type, id, sandbox.metadata.uid),
  });
  world.containers.set(id, container);
  sandbox.containers.set(id, container);
  tell(world, "Created", id, sandbox.metadata.uid);
  return id;
}

function startContainer(world: World, id: string): void {
  const container = containerOf(world, id);
  if (container.state !== "Created")
    throw new RuntimeError("FailedPrecondition", `container "${id}" is in ${container.state} state`);
  const problem = container.run.startError ?? missingProgram(container.config.command);
  if (problem === undefined) return container.start();
  container.failToStart(problem);
  throw new RuntimeError("Unknown", problem);
}

async function stopContainer(world: World, container: SimulatedContainer, graceMs: number, signal?: AbortSignal): Promise<void> {
  const { clock, latencies } = world;
  if (latencies.stop > 0) await sleep(clock, latencies.stop);
  if (graceMs > 0) {
    container.terminate();
    const over = new AbortController();
    void container.ended().then(() => over.abort());
    await sleep(clock, graceMs, signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]));
    if (signal?.aborted && container.state === "Running") throw new RuntimeError("Canceled", "context canceled");
  }
  if (container.state === "Running") container.end(KILLED);
}

export function removeContainer(world: World, container: SimulatedContainer): void {
  if (container.state === "Running") container.end(KILLED);
  const sandbox = world.sandboxes.get(container.sandboxId);
  world.containers.delete(container.id);
  sandbox?.containers.delete(container.id);
  tell(world, "Deleted", container.id, sandbox?.metadata.uid ?? "");
}

function statsOf({ clock }: World, { id, config, startedAtMs }: SimulatedContainer): ContainerStats {
  return {
    id,
    metadata: config.metadata,
    labels: config.labels,
    timestampMs: clock.now(),
    cpuUsageCoreNanoSeconds: Math.max(0, clock.now() - startedAtMs) * 1_000,
    memoryUsageBytes: MEMORY_BYTES,
    memoryWorkingSetBytes: MEMORY_BYTES,
    writableLayerUsedBytes: 0,
    writableLayerInodesUsed: 0,
  };
}

function listContainers(world: World, filter: ContainerFilter) {
  const { podSandboxId } = filter;
  const within = podSandboxId === undefined ? world.containers : world.sandboxes.get(podSandboxId)?.containers;
  return [...(within?.values() ?? [])]
    .filter(({ id, state, config }) => {
      return (filter.id ?? id) === id && (filter.state ?? state) === state && hasLabels(config.labels, filter.labels);
    })
    .map((container) => container.status());
}

type ContainerCalls = Pick<
  RuntimeService,
  | "createContainer"
  | "startContainer"
  | "stopContainer"
  | "removeContainer"
  | "listContainers"
  | "containerStatus"
  | "updateContainerResources"
  | "reopenContainerLog"
  | "containerStats"
  | "listContainerStats"
>;

export const containerCalls = (world: World): ContainerCalls => ({
  createContainer(podSandboxId, config) {
    note(world, "createContainer", config.metadata.name);
    return call(world, world.latencies.create, () => createContainer(world, podSandboxId, config));
  },
  startContainer(id) {
    note(world, "startContainer", id);
    return call(world, world.latencies.start, () => startContainer(world, id));
  },
  async stopContainer(id, graceMs, { signal } = {}) {
    note(world, "stopContainer", id);
    const container = world.containers.get(id);
    if (container?.state === "Running") await stopContainer(world, container, graceMs, signal);
  },
  removeContainer(id) {
    const container = world.containers.get(id);
    return call(world, 0, () => (container === undefined ? undefined : removeContainer(world, container)));
  },
  listContainers: (filter = {}) => call(world, 0, () => listContainers(world, filter)),
  containerStatus: (id) => call(world, 0, () => containerOf(world, id).status()),
  updateContainerResources: (id) => call(world, 0, () => void containerOf(world, id)),
  reopenContainerLog: (id) => call(world, 0, () => void containerOf(world, id)),
  containerStats: (id) => call(world, 0, () => statsOf(world, containerOf(world, id))),
  listContainerStats: () =>
    call(world, 0, () =>
      [...world.containers.values()].filter(({ state }) => state === "Running").map((container) => statsOf(world, container)),
    ),
});
