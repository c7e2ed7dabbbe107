/**
 * The private containerd of a node agent.
 *
 * It and its containers outlive us: after a crash of ours the next start finds the running daemon and takes it over. When it dies
 * while we run, it is started again, with growing pauses where it dies at once; its containers do not notice.
 */
import { execFile } from "node:child_process";
import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { clearBrokenStarts } from "./broken-starts.ts";
import { CNI_CONFIG_FILE, cniConfig } from "./cni-config.ts";
import { containerdConfig, type RuntimeHandlers } from "./config.ts";
import { alive, answers, endProcess, findDaemon, socketClosed, spawnDaemon } from "./daemon.ts";
import { type Importer, importImage } from "./image-import.ts";
import { containerdLayout, type Layout } from "./layout.ts";
import { type Machine, obstacle } from "./machine.ts";
import { PAUSE_IMAGE, pauseImage } from "./pause-image.ts";
import { NodeSetupError } from "./setup-error.ts";
import { endShims, type Shim, shimSocket, shimsOf } from "./shims.ts";
import { chooseSnapshotter } from "./snapshotter.ts";

export interface ContainerdOptions {
  dataDirectory: string;
  machine: Machine;
  runtimeHandlers?: Readonly<RuntimeHandlers>;
  /** The Pod network, where it is known already; `writeNetwork` sets or changes it later. */
  network?: PodNetwork;
  clock: Clock;
  logger: Logger;
}

export interface PodNetwork {
  podCidrs: readonly string[];
  bridge: string;
}

export interface Containerd {
  /** `unix:///…/containerd.sock` */
  readonly endpoint: string;
  readonly layout: Layout;
  /** Loads images: see image-import.ts. */
  readonly importer: Importer;
  /** Whether a running daemon was taken over. */
  readonly adopted: boolean;
  pid(): number | undefined;
  /** Removes what containerd leaves of a sandbox that was removed and whose shim did not end by itself. */
  forgetSandbox(id: string): Promise<void>;
  /** containerd sees the new configuration by itself. */
  writeNetwork(network: PodNetwork): Promise<void>;
  /** Stops watching; daemon and containers go on. */
  leave(): void;
  /** Stops the daemon, not the containers: for those see release.ts. */
  stop(): Promise<void>;
}

const run = promisify(execFile);

const START_TIMEOUT_MS = 30_000;
const FIRST_POLL_MS = 5;
const STOP_GRACE_MS = 5_000;
/** A shim that was told to end has ended by then. */
const SHIM_END_MS = 1_000;
const SHIM_POLL_MS = 20;
/** Calls of an agent that has died are cancelled, and cleaned up after, by then. */
const UNDER_WAY_MS = 5_000;
const MAX_RESTART_DELAY_MS = 10_000;
/** A daemon that has lived this long does not count as dying at once. */
const STEADY_MS = 60_000;

/** What starting and watching need to know. */
interface Daemon {
  readonly layout: Layout;
  readonly program: string;
  readonly ctr: string;
  readonly clock: Clock;
  readonly logger: Logger;
  pid: number | undefined;
}

/** Resolves when containerd answers and can make Pod sandboxes. Throws with words for people where it cannot be. */
export async function startContainerd(options: ContainerdOptions): Promise<Containerd> {
  const { machine, clock, logger, network } = options;
  const hindrance = obstacle(machine);
  if (hindrance !== undefined || machine.containerd === undefined || machine.ctr === undefined)
    throw new NodeSetupError(hindrance?.message ?? "containerd is not installed");
  const layout = containerdLayout(options.dataDirectory);
  const directories = [layout.root, layout.state, layout.runc, layout.cniConfig, layout.cniAddresses];
  await Promise.all(directories.map((path) => mkdir(path, { recursive: true, mode: 0o711 })));
  if (network !== undefined) await writeNetwork(layout, network);

  const daemon: Daemon = {
    layout,
    program: machine.containerd.path,
    ctr: machine.ctr,
    clock,
    logger,
    pid: await findDaemon(layout),
  };
  const adopted = daemon.pid !== undefined;
  if (daemon.pid === undefined) {
    await writeConfig(layout, options, machine.containerd.version);
    await launch(daemon);
  } else await untilAnswers(daemon, daemon.pid);
  const importer: Importer = { ctr: machine.ctr, socket: layout.socket };
  await importPause(layout, importer);
  logger.info(adopted ? "took over the running containerd" : "started containerd", {
    pid: daemon.pid,
    version: machine.containerd.version,
  });

  const watching = new AbortController();
  const watched = keepRunning(daemon, watching.signal);
  // What the last agent had under way when it died comes to its end by itself, or not at all.
  if (adopted)
    void sleep(clock, UNDER_WAY_MS, watching.signal).then(async () => {
      if (!watching.signal.aborted) await endStrayShims(daemon, await shimsOf(layout));
    });
  return {
    endpoint: `unix://${layout.socket}`,
    layout,
    importer,
    adopted,
    pid: () => daemon.pid,
    forgetSandbox: (id) => forgetSandbox(daemon, id),
    writeNetwork: (changed) => writeNetwork(layout, changed),
    leave: () => watching.abort(),
    async stop() {
      watching.abort();
      await watched;
      if (daemon.pid !== undefined) await endProcess(clock, daemon.pid, STOP_GRACE_MS);
    },
  };
}

async function launch(daemon: Daemon): Promise<void> {
  await clearBrokenStarts(daemon.layout, daemon.clock, daemon.logger);
  const before = await shimsOf(daemon.layout);
  daemon.pid = await spawnDaemon(daemon.layout, daemon.program, ["--config", daemon.layout.config]);
  await untilAnswers(daemon, daemon.pid);
  await endStrayShims(daemon, before);
}

/** A shim of which containerd does not know the container any more would be there for good. Never rejects. */
async function endStrayShims({ layout, ctr, clock, logger }: Daemon, shims: readonly Shim[]): Promise<void> {
  if (shims.length === 0) return;
  const listing = ["--address", layout.socket, "--namespace", "k8s.io", "containers", "list", "--quiet"];
  try {
    const known = new Set((await run(ctr, listing)).stdout.split("\n"));
    const strays = shims.filter(({ id }) => !known.has(id));
    await endShims(layout, strays, clock);
  } catch (error) {
    logger.warn("shims without a container may be left", { error: String(error) });
  }
}

/** A shim whose sandbox died before its containers is told to end too early, and stays: its socket says so. */
async function forgetSandbox({ layout, clock }: Daemon, id: string): Promise<void> {
  const isThere = (): Promise<boolean> =>
    access(shimSocket(layout, id)).then(
      () => true,
      () => false,
    );
  const deadline = clock.monotonic() + SHIM_END_MS;
  while (await isThere()) {
    if (clock.monotonic() > deadline) break;
    await sleep(clock, SHIM_POLL_MS);
  }
  if (!(await isThere())) return;
  const shims = await shimsOf(layout);
  await endShims(
    layout,
    shims.filter((shim) => shim.id === id),
    clock,
  );
  await rm(shimSocket(layout, id), { force: true });
}

/** Starts the daemon again whenever it has ended, until `signal` aborts. */
async function keepRunning(daemon: Daemon, signal: AbortSignal): Promise<void> {
  const { layout, clock, logger } = daemon;
  let delayMs = 0;
  while (!signal.aborted) {
    const since = clock.monotonic();
    await socketClosed(layout.socket, signal);
    if (signal.aborted) return;
    delayMs = clock.monotonic() - since > STEADY_MS ? 0 : Math.min(MAX_RESTART_DELAY_MS, delayMs * 2 + 100);
    logger.warn("containerd has ended; starting it again", { pid: daemon.pid, delayMs, log: layout.log });
    await sleep(clock, delayMs, signal);
    if (signal.aborted) return;
    if (daemon.pid !== undefined && alive(daemon.pid)) await endProcess(clock, daemon.pid, STOP_GRACE_MS);
    await launch(daemon).catch((error: unknown) => logger.error(String(error)));
  }
}

async function writeConfig(layout: Layout, { machine, runtimeHandlers }: ContainerdOptions, version: string): Promise<void> {
  const previous = await readFile(layout.config, "utf8").catch(() => "");
  const config = containerdConfig({
    layout,
    version,
    snapshotter: await chooseSnapshotter(layout, previous),
    cniPlugins: machine.cniPlugins ?? "",
    lowersOomScore: machine.lowersOomScore,
    ...(runtimeHandlers === undefined ? {} : { runtimeHandlers }),
  });
  await writeFile(layout.config, config);
}

/**
 * Written in place: containerd reads the directory when a file in it is written to, and takes no notice of one that is moved there.
 * What it may read half-written it refuses, and reads again at the next write.
 */
async function writeNetwork(layout: Layout, network: PodNetwork): Promise<void> {
  const path = join(layout.cniConfig, CNI_CONFIG_FILE);
  const text = cniConfig({ ...network, addressDirectory: layout.cniAddresses });
  if ((await readFile(path, "utf8").catch(() => "")) !== text) await writeFile(path, text);
}

async function untilAnswers({ clock, layout }: Daemon, pid: number): Promise<void> {
  const deadline = clock.monotonic() + START_TIMEOUT_MS;
  for (let delayMs = FIRST_POLL_MS; !(await answers(layout.socket)); delayMs = Math.min(delayMs * 1.5, 100)) {
    if (!alive(pid)) throw new NodeSetupError(`containerd ended while it started: ${await lastLines(layout.log)}`);
    if (clock.monotonic() > deadline)
      throw new NodeSetupError(
        `containerd does not answer on ${layout.socket} after ${START_TIMEOUT_MS / 1000} s; see ${layout.log}`,
      );
    await sleep(clock, delayMs);
  }
}

/** What containerd said last is what it died of. */
async function lastLines(log: string): Promise<string> {
  const text = await readFile(log, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-3).join(" / ");
}

/** The note that it was imported stands beside the images, so that it goes when they go. */
async function importPause(layout: Layout, importer: Importer): Promise<void> {
  const note = join(layout.root, "timonier-pause");
  if ((await readFile(note, "utf8").catch(() => "")) === PAUSE_IMAGE) return;
  const archive = join(layout.directory, "pause.tar");
  await writeFile(archive, pauseImage(process.arch === "arm64" ? "arm64" : "x64"));
  await importImage(importer, archive);
  await writeFile(note, PAUSE_IMAGE);
}
