/** `timonier down`: ends the cluster and takes away what it left on the machine; with --delete what it keeps, too. */
import { existsSync, rmSync } from "node:fs";
import type { Command } from "commander";
import { realClock, sleep } from "../base/clock.ts";
import {
  type DataDirectory,
  dataDirectory,
  defaultDataDirectory,
  removeServerState,
  runningServer,
  startTicksOf,
} from "../cluster/data-directory.ts";
import { consoleLogger } from "./console-logger.ts";
import { keepAlive } from "./process-signals.ts";

const STOP_LIMIT_MS = 60_000;
const POLL_MS = 50;

export function addDown(program: Command): void {
  program
    .command("down")
    .description("end the cluster")
    .option("--data-dir <directory>", "where the cluster is kept")
    .option("--delete", "delete all that the cluster keeps, objects and images included")
    .action(async (options: { dataDir?: string; delete?: boolean }) => {
      const release = keepAlive();
      await down(dataDirectory(options.dataDir ?? defaultDataDirectory()), options.delete === true);
      release();
    });
}

async function down(directory: DataDirectory, deleteAll: boolean): Promise<void> {
  if (!existsSync(directory.path)) return console.log(`no cluster in ${directory.path}`);
  await endServer(directory);
  if (existsSync(directory.agent)) {
    // Also after a crash of server or agent: what they left is found by its marks.
    const { endAgents, releaseNode } = await import("../cluster/real-node.ts");
    await endAgents(directory, realClock);
    await releaseNode(directory, { deleteFiles: deleteAll, clock: realClock, logger: consoleLogger("warn") });
  }
  removeServerState(directory);
  if (deleteAll) rmSync(directory.path, { recursive: true, force: true });
  console.log(
    deleteAll
      ? `ended, and deleted ${directory.path}`
      : `ended; ${directory.path} keeps the cluster for the next \`timonier up\``,
  );
}

async function endServer(directory: DataDirectory): Promise<void> {
  const running = runningServer(directory);
  if (running === undefined) return;
  process.kill(running.pid, "SIGTERM");
  const deadline = realClock.monotonic() + STOP_LIMIT_MS;
  while (startTicksOf(running.pid) === running.startTicks) {
    if (realClock.monotonic() > deadline) {
      process.kill(running.pid, "SIGKILL");
      return;
    }
    await sleep(realClock, POLL_MS);
  }
}
