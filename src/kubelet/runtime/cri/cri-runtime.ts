/**
 * The runtime behind a CRI socket: containerd or CRI-O.
 *
 * Thin on purpose: each method is one RPC, with the CRI's idempotence made true where a runtime answers NotFound, and with a
 * deadline of its own so that a runtime that hangs is noticed.
 *
 * https://kubernetes.io/docs/concepts/containers/cri/
 */
import { availableParallelism } from "node:os";
import { type Clock, sleep } from "../../../base/clock.ts";
import { isRuntimeError, type Runtime, RuntimeError } from "../runtime.ts";
import { type Connection, connect, isRecovering } from "./connection.ts";
import { criImages } from "./cri-images.ts";
import { containerdEvents, criEvents, firstOf } from "./events.ts";
import * as from from "./from-cri.ts";
import { type Membership, membership } from "./membership.ts";
import { runtimeService as rpc } from "./services.ts";
import { type StreamDial, streams } from "./streams.ts";
import * as to from "./to-cri.ts";
import { type Turns, turns } from "./turns.ts";

export interface CriOptions {
  /** Path of the socket, with or without `unix://`. */
  endpoint: string;
  clock: Clock;
  /** How the runtime's streaming server is reached; without it exec, attach and port-forward cannot be opened. */
  dial?: StreamDial;
}

/** As upstream's runtimeRequestTimeout. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Setting up a network may take longer. */
const RUN_SANDBOX_TIMEOUT_MS = 240_000;
/** How long a runtime may take to say that it is there. */
const VERSION_TIMEOUT_MS = 10_000;
/** How long it may look for the containers of its last life, and how often it is asked whether it is done. */
const RECOVERY_TIMEOUT_MS = 60_000;
const RECOVERY_POLL_MS = 20;
/** A runtime that keeps the deadline of a command itself gets this much longer to say so. */
const EXEC_SLACK_MS = 2_000;

/** Sandboxes that are made at once, and that are stopped at once, for each processor. Fewer would be no faster on a machine that is busy. */
const SANDBOXES_PER_PROCESSOR = 10;
/** On an idle machine a sandbox takes less than a quarter of this. */
const SANDBOX_TURN_MS = 2_000;

/** Connects; rejects with RuntimeError where no runtime that speaks CRI v1 answers at the endpoint. */
export async function criRuntime({ endpoint, clock, dial }: CriOptions): Promise<Runtime> {
  const connection = connect(endpoint, clock);
  try {
    const { runtimeName } = await firstAnswer(connection, clock);
    const members = membership(connection);
    const events = [
      criEvents(connection),
      ...(runtimeName === "containerd" ? [containerdEvents(connection, clock, members)] : []),
    ];
    return {
      ...runtimeItself(connection),
      ...sandboxes(connection, members, { making: sandboxTurns(clock), stopping: sandboxTurns(clock) }),
      ...containers(connection, members),
      ...processes(connection, clock),
      ...streams(connection, dial),
      ...statistics(connection),
      ...criImages(connection),
      containerEvents: firstOf(events),
      async close() {
        connection.close();
      },
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}

const sandboxTurns = (clock: Clock): Turns =>
  turns({ clock, atOnce: SANDBOXES_PER_PROCESSOR * availableParallelism(), patienceMs: SANDBOX_TURN_MS });

/** A runtime that listens may still be busy with the containers of its last life. */
async function firstAnswer(connection: Connection, clock: Clock): Promise<{ runtimeName: string }> {
  const deadline = clock.monotonic() + RECOVERY_TIMEOUT_MS;
  for (;;) {
    try {
      return await connection.unary(rpc.version, { version: "v1" }, undefined, VERSION_TIMEOUT_MS);
    } catch (error) {
      if (!isRecovering(error) || clock.monotonic() > deadline) throw error;
      await sleep(clock, RECOVERY_POLL_MS);
    }
  }
}

const runtimeItself = (connection: Connection) =>
  ({
    async version(options) {
      const { runtimeName, runtimeVersion, runtimeApiVersion } = await connection.unary(
        rpc.version,
        { version: "v1" },
        options,
        VERSION_TIMEOUT_MS,
      );
      return { runtimeName, runtimeVersion, runtimeApiVersion };
    },
    status: async (options) => from.runtimeStatus(await connection.unary(rpc.status, {}, options, REQUEST_TIMEOUT_MS)),
    async updateRuntimeConfig(podCidr, options) {
      await connection.unary(
        rpc.updateRuntimeConfig,
        { runtimeConfig: { networkConfig: { podCidr } } },
        options,
        REQUEST_TIMEOUT_MS,
      );
    },
  }) satisfies Partial<Runtime>;

const sandboxes = (connection: Connection, members: Membership, { making, stopping }: { making: Turns; stopping: Turns }) =>
  ({
    async runPodSandbox(config, runtimeHandler, options) {
      const request = { config: to.podSandboxConfig(config), runtimeHandler };
      const call = () => connection.unary(rpc.runPodSandbox, request, options, RUN_SANDBOX_TIMEOUT_MS);
      const { podSandboxId } = await making(call, options?.signal);
      members.sandbox(podSandboxId, config.metadata.uid);
      return podSandboxId;
    },
    stopPodSandbox(id, options) {
      const call = () => connection.unary(rpc.stopPodSandbox, { podSandboxId: id }, options, REQUEST_TIMEOUT_MS);
      return members.stopping(id, unlessGone(stopping(call, options?.signal)));
    },
    removePodSandbox: (id, options) =>
      unlessGone(connection.unary(rpc.removePodSandbox, { podSandboxId: id }, options, REQUEST_TIMEOUT_MS)),
    async podSandboxStatus(id, options) {
      const { status } = await connection.unary(rpc.podSandboxStatus, { podSandboxId: id }, options, REQUEST_TIMEOUT_MS);
      return from.podSandboxStatus(present(status, "sandbox", id));
    },
    async podSandboxProcess(id, options) {
      const request = { podSandboxId: id, verbose: true };
      const { info } = await connection.unary(rpc.podSandboxStatus, request, options, REQUEST_TIMEOUT_MS);
      return from.sandboxProcess(info);
    },
    async listPodSandboxes(filter, options) {
      const request = filter === undefined ? {} : { filter: to.podSandboxFilter(filter) };
      const { items } = await connection.unary(rpc.listPodSandbox, request, options, REQUEST_TIMEOUT_MS);
      return items.map(from.podSandbox);
    },
  }) satisfies Partial<Runtime>;

const containers = (connection: Connection, members: Membership) =>
  ({
    async createContainer(podSandboxId, config, sandboxConfig, options) {
      const request = { podSandboxId, config: to.containerConfig(config), sandboxConfig: to.podSandboxConfig(sandboxConfig) };
      const { containerId } = await connection.unary(rpc.createContainer, request, options, REQUEST_TIMEOUT_MS);
      members.container(containerId, podSandboxId, sandboxConfig.metadata.uid);
      return containerId;
    },
    async startContainer(id, options) {
      await connection.unary(rpc.startContainer, { containerId: id }, options, REQUEST_TIMEOUT_MS);
    },
    stopContainer(id, graceMs, options) {
      // The CRI counts whole seconds; a grace of less than one must not become none.
      const timeout = Math.ceil(graceMs / 1000);
      const timeoutMs = timeout * 1000 + (options?.timeoutMs ?? REQUEST_TIMEOUT_MS);
      const call = connection.unary(rpc.stopContainer, { containerId: id, timeout }, { ...options, timeoutMs });
      return members.stopping(id, unlessGone(call));
    },
    removeContainer: (id, options) =>
      unlessGone(connection.unary(rpc.removeContainer, { containerId: id }, options, REQUEST_TIMEOUT_MS)),
    async listContainers(filter, options) {
      const request = filter === undefined ? {} : { filter: to.containerFilter(filter) };
      const answer = await connection.unary(rpc.listContainers, request, options, REQUEST_TIMEOUT_MS);
      return answer.containers.map(from.container);
    },
    async containerStatus(id, options) {
      const { status } = await connection.unary(rpc.containerStatus, { containerId: id }, options, REQUEST_TIMEOUT_MS);
      return from.containerStatus(present(status, "container", id), await members.sandboxOf(id, options));
    },
    async updateContainerResources(id, linux, options) {
      const request = { containerId: id, linux: to.resources(linux) };
      await connection.unary(rpc.updateContainerResources, request, options, REQUEST_TIMEOUT_MS);
    },
    async reopenContainerLog(id, options) {
      await connection.unary(rpc.reopenContainerLog, { containerId: id }, options, REQUEST_TIMEOUT_MS);
    },
  }) satisfies Partial<Runtime>;

const processes = (connection: Connection, clock: Clock) =>
  ({
    async execSync(id, command, options) {
      const timeoutMs = options?.timeoutMs;
      // Whole seconds are the runtime's to keep; of anything finer the end of the call is the end of the command.
      const whole = timeoutMs !== undefined && timeoutMs % 1000 === 0;
      const request = { containerId: id, cmd: command, timeout: whole ? timeoutMs / 1000 : 0 };
      const startedMs = clock.monotonic();
      try {
        const limits = { ...options, ...(whole && { timeoutMs: timeoutMs + EXEC_SLACK_MS }) };
        const { stdout, stderr, exitCode } = await connection.unary(rpc.execSync, request, limits);
        return { stdout, stderr, exitCode };
      } catch (error) {
        // A runtime that was stopped in the midst of its own set-up says so in words of its own.
        const late = timeoutMs !== undefined && clock.monotonic() - startedMs >= timeoutMs;
        if (late && isRuntimeError(error, "Unknown")) throw new RuntimeError("DeadlineExceeded", error.message, error);
        throw error;
      }
    },
  }) satisfies Partial<Runtime>;

const statistics = (connection: Connection) =>
  ({
    async containerStats(id, options) {
      const { stats } = await connection.unary(rpc.containerStats, { containerId: id }, options, REQUEST_TIMEOUT_MS);
      return from.containerStats(present(stats, "container", id));
    },
    async listContainerStats(filter = {}, options) {
      const request = { filter: { id: filter.id, podSandboxId: filter.podSandboxId, labelSelector: filter.labels } };
      const { stats } = await connection.unary(rpc.listContainerStats, request, options, REQUEST_TIMEOUT_MS);
      // Of what does not run some runtimes answer an entry without figures.
      return stats.filter(({ cpu, memory }) => cpu !== undefined || memory !== undefined).map(from.containerStats);
    },
  }) satisfies Partial<Runtime>;

/** What is gone is stopped and removed. */
async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isRuntimeError(error, "NotFound")) throw error;
  }
}

function present<T>(value: T | undefined, kind: string, id: string): T {
  if (value === undefined) throw new RuntimeError("NotFound", `${kind} ${id} not found`);
  return value;
}
