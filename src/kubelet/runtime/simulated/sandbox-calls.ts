/** The calls about sandboxes. */
import type { PodSandboxConfig } from "../config.ts";
import { type PodSandbox, RuntimeError, type RuntimeService } from "../runtime.ts";
import { KILLED } from "./container.ts";
import { removeContainer } from "./container-calls.ts";
import { call, hasLabels, newId, note, type Sandbox, sandboxOf, tell, type World } from "./world.ts";

const summary = ({ id, metadata, state, createdAtMs, labels, annotations, runtimeHandler }: Sandbox): PodSandbox => ({
  id,
  metadata,
  state,
  createdAtMs,
  labels,
  annotations,
  runtimeHandler,
});

function startSandbox(world: World, config: PodSandboxConfig, runtimeHandler: string): string {
  const onHost = config.linux.securityContext.namespaces.network === "Node";
  const address = onHost ? world.nodeAddress : world.addresses.allocate();
  if (address === undefined) throw new RuntimeError("Unknown", `no IP addresses available in range ${world.range}`);
  const id = newId(world);
  const { metadata, labels, annotations } = config;
  world.sandboxes.set(id, {
    id,
    metadata,
    state: "Ready",
    createdAtMs: world.clock.now(),
    labels,
    annotations,
    runtimeHandler,
    ips: [address],
    config,
    containers: new Map(),
  });
  tell(world, "Started", id, metadata.uid);
  return id;
}

export function stopSandbox(world: World, sandbox: Sandbox): void {
  for (const container of sandbox.containers.values()) if (container.state === "Running") container.end(KILLED);
  if (sandbox.state === "NotReady") return;
  for (const address of sandbox.ips) if (address !== world.nodeAddress) world.addresses.release(address);
  sandbox.state = "NotReady";
  sandbox.ips = [];
  tell(world, "Stopped", sandbox.id, sandbox.metadata.uid);
}

function removeSandbox(world: World, sandbox: Sandbox): void {
  stopSandbox(world, sandbox);
  for (const container of [...sandbox.containers.values()]) removeContainer(world, container);
  world.sandboxes.delete(sandbox.id);
  tell(world, "Deleted", sandbox.id, sandbox.metadata.uid);
}

type SandboxCalls = Pick<
  RuntimeService,
  "runPodSandbox" | "stopPodSandbox" | "removePodSandbox" | "podSandboxStatus" | "listPodSandboxes"
>;

export const sandboxCalls = (world: World): SandboxCalls => ({
  runPodSandbox(config, runtimeHandler) {
    note(world, "runPodSandbox", config.metadata.name);
    return call(world, world.latencies.sandbox, () => startSandbox(world, config, runtimeHandler));
  },
  stopPodSandbox(id) {
    note(world, "stopPodSandbox", id);
    const sandbox = world.sandboxes.get(id);
    return call(world, 0, () => (sandbox === undefined ? undefined : stopSandbox(world, sandbox)));
  },
  removePodSandbox(id) {
    const sandbox = world.sandboxes.get(id);
    return call(world, 0, () => (sandbox === undefined ? undefined : removeSandbox(world, sandbox)));
  },
  podSandboxStatus: (id) =>
    call(world, 0, () => {
      const sandbox = sandboxOf(world, id);
      return { ...summary(sandbox), ips: sandbox.ips };
    }),
  listPodSandboxes: (filter = {}) =>
    call(world, 0, () => {
      const fits = ({ id, state, labels }: Sandbox): boolean =>
        (filter.id ?? id) === id && (filter.state ?? state) === state && hasLabels(labels, filter.labels);
      return [...world.sandboxes.values()].filter(fits).map(summary);
    }),
});
