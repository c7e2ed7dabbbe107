/**
 * The cluster's DNS in a thread of the agent, with a client of its own: load on it never delays a probe.
 *
 * The thread runs this same program with the hidden command `dns`; it says on which port it listens, and ends when told to.
 */
import { parentPort, Worker } from "node:worker_threads";
import { type Clock, sleep } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { Logger } from "../base/logger.ts";
import { startDnsServer } from "../network/dns/dns-server.ts";
import { dnsAddressOf } from "./addresses.ts";
import type { AgentConfig } from "./agent-config.ts";
import { connectComponent } from "./component-connection.ts";

type FromThread = { port: number };
type ToThread = "stop";

export interface DnsThread {
  stop(): Promise<void>;
}

export interface DnsThreadOptions {
  configFile: string;
  clock: Clock;
  logger: Logger;
  /** Called whenever it listens anew. */
  onListening(port: number): void;
}

const RESTART_PAUSE_MS = 1_000;

/** Starts the thread, and starts it again where it dies. */
export function startDnsThread({ configFile, clock, logger, onListening }: DnsThreadOptions): DnsThread {
  const stopping = new AbortController();
  let worker: Worker | undefined;

  async function keepRunning(): Promise<void> {
    while (!stopping.signal.aborted) {
      const current = new Worker(process.argv[1] ?? "", { argv: ["dns", "--config", configFile] });
      worker = current;
      current.on("message", ({ port }: FromThread) => onListening(port));
      current.on("error", (error) => logger.error("the DNS thread failed; it is started again", { error: String(error) }));
      await new Promise<void>((resolve) => current.once("exit", () => resolve()));
      await sleep(clock, RESTART_PAUSE_MS, stopping.signal);
    }
  }
  const running = keepRunning();

  return {
    async stop() {
      stopping.abort();
      worker?.postMessage("stop" satisfies ToThread);
      await running;
    },
  };
}

export interface DnsOptions {
  config: AgentConfig;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
}

/** The thread's own side. Resolves when it was told to stop. */
export async function runDnsThread({ config, clock, entropy, logger }: DnsOptions): Promise<void> {
  if (parentPort === null || config.dns === undefined) throw new Error("the DNS runs in a thread of the agent only");
  const port = parentPort;
  const stopped = new Promise<void>((resolve) => port.once("message", () => resolve()));
  const { informers, close } = await connectComponent({
    kubeconfig: config.dns.kubeconfig,
    userAgent: "timonier-dns",
    clock,
    entropy,
    logger,
  });
  const server = await startDnsServer({
    informers,
    clock,
    entropy,
    logger,
    listenAddress: config.nodeAddress,
    serviceAddress: dnsAddressOf(config.serviceCidr),
    clusterDomain: config.clusterDomain,
    ranges: [config.podCidr, config.serviceCidr],
  });
  logger.info("the DNS answers", { address: config.nodeAddress, port: server.port });
  port.postMessage({ port: server.port } satisfies FromThread);
  await stopped;
  await server.stop();
  await close();
}
