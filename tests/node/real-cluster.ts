/**
 * A whole cluster with a real node, started as a user starts it, in namespaces of its own without a way out.
 *
 * Its API is reached from outside through a relay, so that tests use the same client as everything else.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { realClock } from "../../src/base/clock.ts";
import type { Client } from "../../src/client/client.ts";
import { connectAsAdministrator } from "../../src/cluster/administrator.ts";
import { cgroupRootOf } from "../../src/cluster/agent-config.ts";
import { dataDirectory as dataDirectoryOf } from "../../src/cluster/data-directory.ts";
import { buildProgram, type Program } from "../fixtures/program.ts";
import { type Namespaces, openNamespaces } from "./namespaces.ts";
import { type WhatIsThere, whatIsThere } from "./what-is-there.ts";

export interface RealCluster {
  readonly namespaces: Namespaces;
  readonly dataDirectory: string;
  /** Beneath it run the Pods. */
  readonly cgroupRoot: string;
  /** What was there before the cluster was. */
  readonly before: WhatIsThere;
  readonly client: Client;
  /** The administrator's, for use from outside. */
  readonly kubeconfig: string;
  /** Runs `timonier` inside with `--data-dir`; answers what it wrote. */
  timonier(...args: string[]): Promise<string>;
  up(...args: string[]): Promise<string>;
  /** Ends everything, also what a failed test left. */
  close(): Promise<void>;
}

const PORT = 16443;

/** Listens on a socket in the file system, inside, and hands on to the API. */
const RELAY = `
const { createServer, connect } = require("node:net");
createServer((from) => {
  const to = connect(${PORT}, "127.0.0.1");
  // What a slow reader has not taken yet is sent first.
  const end = () => { from.destroySoon(); to.destroySoon(); };
  from.on("error", end); to.on("error", end); from.on("close", end); to.on("close", end);
  from.pipe(to).pipe(from);
}).listen(process.argv[1], () => console.log("ready"));`;

async function startInside({ enter }: Namespaces, socket: string): Promise<ChildProcess> {
  const relay = spawn("nsenter", [...enter, process.execPath, "-e", RELAY, socket], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    relay.stdout.once("data", () => resolve());
    relay.once("exit", (code) => reject(new Error(`the relay ended with code ${code}`)));
  });
  return relay;
}

/** Connections of this process to the relay's socket. */
async function startOutside(socket: string): Promise<{ server: Server; port: number }> {
  const server = createServer((from) => {
    const to = connect(socket);
    const end = (): void => {
      from.destroySoon();
      to.destroySoon();
    };
    for (const side of [from, to]) side.on("error", end).on("close", end);
    from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0 };
}

/** The administrator's client, through the relay. Made once there is a kubeconfig. */
async function administrator(namespaces: Namespaces, kubeconfig: string) {
  const socket = join(namespaces.directory, "api.sock");
  const inside = await startInside(namespaces, socket);
  const outside = await startOutside(socket);
  const own = join(namespaces.directory, "kubeconfig");
  await writeFile(own, (await readFile(kubeconfig, "utf8")).replaceAll(`:${PORT}`, `:${outside.port}`));
  const { client, close } = await connectAsAdministrator(own, realClock);
  return {
    client,
    kubeconfig: own,
    close(): void {
      close();
      outside.server.close();
      inside.kill();
    },
  };
}

async function endNode(cluster: Pick<RealCluster, "namespaces" | "timonier">): Promise<void> {
  await cluster.timonier("down", "--delete").finally(() => cluster.namespaces.close());
}

/** Starts it; every failure on the way takes away what was there. */
export async function openCluster(...args: string[]): Promise<RealCluster> {
  const program: Program = buildProgram();
  const namespaces = await openNamespaces();
  const dataDirectory = join(namespaces.directory, "data");
  await mkdir(dataDirectory, { mode: 0o700 });
  const cgroupRoot = cgroupRootOf(dataDirectoryOf(dataDirectory).agent);
  const before = await whatIsThere(namespaces, cgroupRoot);
  const timonier = (command: string, ...more: string[]): Promise<string> =>
    namespaces.run(program.path, [...command.split(" "), ...more, "--data-dir", dataDirectory]);
  const up = (...more: string[]): Promise<string> =>
    timonier("up", "--detach", "--port", String(PORT), "--node-name", "n1", "--runtime", "containerd", ...more);
  try {
    await up(...args);
    const { client, kubeconfig, close } = await administrator(namespaces, join(dataDirectory, "kubeconfig"));
    return {
      namespaces,
      dataDirectory,
      cgroupRoot,
      before,
      client,
      kubeconfig,
      timonier,
      up,
      async close() {
        close();
        await endNode({ namespaces, timonier }).finally(() => program.remove());
      },
    };
  } catch (error) {
    await endNode({ namespaces, timonier }).finally(() => program.remove());
    throw error;
  }
}
