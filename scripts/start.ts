/**
 * `npm start`: brings up a cluster, runs the first steps on it, waits until they answer, says how to go on, and leaves it running.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Deployment } from "../src/api/apps/deployment.ts";
import { realClock } from "../src/base/clock.ts";
import type { Client } from "../src/client/client.ts";
import { connectAsAdministrator } from "../src/cluster/administrator.ts";
import { dataDirectory, defaultDataDirectory, runningServer } from "../src/cluster/data-directory.ts";
import { createExample } from "./example-manifests.ts";

const root = join(import.meta.dirname, "..");
const timonier = join(root, "bin/timonier");
const example = join(root, "examples/first-steps");
const AVAILABLE_LIMIT_MS = 240_000;
const ANSWER_LIMIT_MS = 30_000;
const POLL_MS = 500;
const NODE_PORT = 30080;
/** Reads from PostgreSQL. */
const PATH = "/ships";

const directory = dataDirectory(defaultDataDirectory());

function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** The images, where no registry can be asked: assembled once from packages, and kept. */
async function loadImages(): Promise<void> {
  const { assembleImages } = await import("./images/assemble.ts");
  const cacheDirectory = join(root, ".cache/images");
  mkdirSync(cacheDirectory, { recursive: true });
  const archive = await assembleImages({
    cacheDirectory,
    manifest: join(example, "api.yaml"),
    progress: (what) => console.log(`images: ${what}`),
  });
  run(timonier, ["image", "load", archive]);
}

async function untilAvailable(client: Client): Promise<void> {
  const deadline = Date.now() + AVAILABLE_LIMIT_MS;
  let shown = "";
  for (;;) {
    const { items } = await client.list(Deployment, { namespace: "default" });
    const state = items
      .map(({ metadata, spec, status }) => `${metadata.name} ${status.availableReplicas ?? 0}/${spec.replicas}`)
      .join(", ");
    if (state !== shown) console.log(`waiting: ${state}`);
    shown = state;
    if (items.length > 0 && items.every(({ spec, status }) => (status.availableReplicas ?? 0) >= spec.replicas)) return;
    if (Date.now() > deadline)
      throw new Error(
        `the first steps are not available after ${AVAILABLE_LIMIT_MS / 1000} s: ${state}; look at \`timonier status\` and ${directory.agentLog}`,
      );
    await wait(POLL_MS);
  }
}

const get = (path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port: NODE_PORT, path, timeout: 5_000 }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on("end", () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`status ${response.statusCode}: ${text}`)),
      );
    });
    call.on("timeout", () => call.destroy(new Error("no answer")));
    call.on("error", reject);
    call.end();
  });

async function untilAnswered(path: string): Promise<string> {
  const deadline = Date.now() + ANSWER_LIMIT_MS;
  for (;;) {
    try {
      return await get(path);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await wait(POLL_MS);
    }
  }
}

if (runningServer(directory) === undefined) {
  // A bundle of these sources; one that runs is left as it is.
  run(process.execPath, [join(root, "scripts/build.ts")]);
  run(timonier, ["up", "--detach"]);
}
const state = runningServer(directory);
if (state === undefined) throw new Error("the cluster did not stay up");
if (state.runtime === "containerd") await loadImages();

const { client, close } = await connectAsAdministrator(state.kubeconfig, realClock);
await createExample(client, example);
await untilAvailable(client);
if (state.runtime === "containerd") console.log(`http://127.0.0.1:${NODE_PORT}${PATH} answers: ${await untilAnswered(PATH)}`);
await close();
run(timonier, ["status"]);
console.log(`
How to go on:
  export KUBECONFIG=${state.kubeconfig}
  kubectl get pods
  curl http://127.0.0.1:${NODE_PORT}${PATH}
  npm stop        # ends the cluster and deletes it
${existsSync(directory.serverLog) ? `Logs: ${directory.serverLog}, ${directory.agentLog}` : ""}`);
