/** `timonier up`: starts a cluster, says when it is ready, and ends it cleanly on SIGINT and SIGTERM. */
import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Command } from "commander";
import { type ClusterConfig, clusterConfig, type RawOptions } from "../cluster/config.ts";
import { dataDirectory, defaultDataDirectory, makeDataDirectory } from "../cluster/data-directory.ts";
import { type RunListener, runCluster } from "../cluster/run.ts";
import { fileAndConsoleLogger, fileLogger } from "./console-logger.ts";
import { CommandError, messageOf } from "./failure.ts";
import { endSignal, keepAlive } from "./process-signals.ts";

/** What a detached server tells the command that started it. */
type Told = { line: string } | { done: true } | { failed: string };

export function addUp(program: Command): void {
  program
    .command("up")
    .description("start the cluster")
    .option("--data-dir <directory>", "where the cluster is kept")
    .option("--port <port>", "port of the API; 0 takes a free one", "6443")
    .option("--bind-address <address>", "address of the API besides the node's own", "127.0.0.1")
    .option("--node-ip <address>", "address of this node; a private one of its own by default")
    .option("--node-name <name>", "name of this node; the host's by default")
    .option("--runtime <runtime>", "auto, containerd or simulated")
    .option("--runtime-endpoint <socket>", "a CRI socket to use instead of a containerd of our own")
    .option("--runtime-handler <name=type...>", "further runtimes of our own containerd, for RuntimeClasses")
    .option("--simulated-nodes <count>", "how many nodes to simulate")
    .option("--pod-cidr <range>", "addresses of Pods")
    .option("--service-cidr <range>", "addresses of Services")
    .option("--cluster-domain <domain>", "DNS domain of the cluster", "cluster.local")
    .option("--service-account-issuer <url>", "issuer of ServiceAccount tokens")
    .option("--kubeconfig <file>", "where to write the administrator's kubeconfig")
    .option("--disable <components>", "leave out scheduler, controllers, proxy, dns (separated by commas)")
    .option("--detach", "return once the cluster is ready, and leave it running")
    .action(async (options: RawOptions & { detach?: boolean }) => {
      const config = clusterConfig(options, { hostname: hostname(), defaultDataDirectory: defaultDataDirectory() });
      if (options.detach) await detach(config);
      else await run(config);
    });
}

/** Where lines for the user go: to the command that started us, or to the terminal. */
function outlet(): { say(line: string): void; done(): void; failed(message: string): void } {
  const send = (message: Told): void => void (process.connected && process.send?.(message, () => {}));
  if (!process.send) return { say: (line) => console.log(line), done() {}, failed() {} };
  return {
    say: (line) => send({ line }),
    done: () => send({ done: true }),
    failed: (message) => send({ failed: message }),
  };
}

async function run(config: ClusterConfig): Promise<void> {
  const release = keepAlive();
  const { say, done, failed } = outlet();
  const listener: RunListener = {
    ready: (_server, elapsedMs) => say(`ready in ${Math.round(elapsedMs)} ms\nkubeconfig: ${config.kubeconfig}`),
    progress: (what) => say(`${what} …`),
    nodeReady(kind, notes) {
      if (notes !== "") say(notes);
      say(kind === "simulated" ? `${config.simulatedNodes} simulated node(s) ready` : `node ${config.nodeName} ready`);
      done();
    },
  };
  const { serverLog } = dataDirectory(config.dataDirectory);
  // With --detach nobody sees a terminal, and what the runtime itself writes goes to the same file.
  const logger = process.send ? fileLogger(serverLog) : fileAndConsoleLogger(serverLog);
  try {
    await runCluster({ config, startMs: performance.timeOrigin, logger, listener, signal: endSignal() });
  } catch (error) {
    failed(messageOf(error));
    throw error;
  } finally {
    release();
    if (process.connected) process.disconnect?.();
  }
}

/** Starts the same command in the background and repeats what it says until it is ready. */
async function detach(config: ClusterConfig): Promise<void> {
  const directory = dataDirectory(config.dataDirectory);
  makeDataDirectory(directory);
  const log = openSync(directory.serverLog, "a", 0o600);
  const args = process.argv.slice(1).filter((argument) => argument !== "--detach");
  const child = spawn(process.execPath, [...process.execArgv, ...args], { detached: true, stdio: ["ignore", log, log, "ipc"] });
  await new Promise<void>((resolve, reject) => {
    child.on("message", (message: Told) => {
      if ("line" in message) console.log(message.line);
      else if ("failed" in message) reject(new CommandError(message.failed));
      else resolve();
    });
    child.once("exit", (code) =>
      reject(new CommandError(`the server ended with code ${code}:\n${lastLines(directory.serverLog)}`)),
    );
  });
  child.disconnect();
  child.unref();
}

const lastLines = (file: string): string => readFileSync(file, "utf8").trimEnd().split("\n").slice(-5).join("\n");
