/** One cluster in this process, from start to the signal that ends it. */
import { realClock } from "../base/clock.ts";
import { systemEntropy } from "../base/entropy.ts";
import { formatLogLine, logger } from "../base/logger.ts";
import type { ClusterConfig } from "./config.ts";
import { removeServerState, startTicksOf, writeServerState } from "./data-directory.ts";
import { startServer } from "./server.ts";
import { createSimulatedNodes, type SimulatedNodes, simulatedNodeNames } from "./simulated-nodes.ts";

export interface RunOptions {
  /** When the process began, in milliseconds since the epoch. */
  startMs: number;
}

export async function runCluster(config: ClusterConfig, { startMs }: RunOptions): Promise<void> {
  const log = logger((level, message, fields) => console.error(formatLogLine(realClock.now(), level, message, fields)));
  let nodes: SimulatedNodes | undefined;
  const server = await startServer({
    config,
    addresses: [config.bindAddress],
    clock: realClock,
    entropy: systemEntropy,
    logger: log,
    onFatal: (error) => {
      log.error("the store cannot go on", { error: error.message });
      process.exit(1);
    },
    dialNode: (name) => nodes?.dial(name),
  });
  await server.controlPlane.ready();
  if (config.runtime === "simulated" && config.simulatedNodes > 0) {
    nodes = createSimulatedNodes({
      ...config,
      controlPlane: server.controlPlane,
      clock: realClock,
      entropy: systemEntropy,
      logger: log,
      names: simulatedNodeNames(config.nodeName, config.simulatedNodes),
    });
  }
  writeServerState(server.directory, {
    pid: process.pid,
    startTicks: startTicksOf(process.pid) ?? "",
    server: server.url,
    kubeconfig: config.kubeconfig,
    runtime: "none",
    nodeName: config.nodeName,
  });
  console.log(`ready in ${Math.round(realClock.now() - startMs)} ms`);
  console.log(`kubeconfig: ${config.kubeconfig}`);
  await signalled();
  await nodes?.stop();
  await server.stop();
  removeServerState(server.directory);
}

/** Resolves at the first SIGINT or SIGTERM. A second one ends the process at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    // Nothing else may keep the process alive: sockets and timers are unref'd where they can be.
    const alive = setInterval(() => {}, 2 ** 30);
    let first = true;
    const onSignal = (): void => {
      if (!first) process.exit(1);
      first = false;
      clearInterval(alive);
      resolve();
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}
