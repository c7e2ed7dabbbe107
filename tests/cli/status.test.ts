/** `timonier status`: of clusters that are well, that are not, and that are not there. */
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { ClusterStatus } from "../../src/cluster/status/report.ts";
import { until, whyNot } from "../node/namespaces.ts";
import { openCluster, type RealCluster } from "../node/real-cluster.ts";
import { installTimonier, type Result, type Timonier } from "./timonier.ts";

let timonier: Timonier;
beforeAll(() => {
  timonier = installTimonier();
});
afterAll(() => timonier?.close());

const status = (directory: string, ...more: string[]): Promise<Result> =>
  timonier.run(["status", "--data-dir", directory, ...more]);
const SIMULATED = ["--port", "0", "--runtime", "simulated"];

describe("`timonier status` of a cluster with simulated nodes", () => {
  let directory: string;
  let pid: number;
  let ended: Promise<Result>;
  beforeEach(async () => {
    directory = timonier.directory();
    const running = await timonier.up(["--data-dir", directory, ...SIMULATED, "--disable", "scheduler"], "node(s) ready\n");
    pid = JSON.parse(readFileSync(join(directory, "server.json"), "utf8")).pid;
    ended = running.ended;
  });
  afterEach(async () => {
    await timonier.run(["down", "--data-dir", directory]);
    await ended;
  });

  test("is ready, with each part, in plain text and as JSON", async () => {
    const { code, output } = await status(directory);
    expect(output).toMatch(/^ready\nsince {7}\S+ \(.+\)\nAPI {9}https:\/\/127\.0\.0\.1:\d+, v1\.36\.\d+\n/);
    expect(output).toMatch(
      /^ {2}ok {3}API server\n {2}ok {3}store\n {2}ok {3}controllers\n {2}off {2}scheduler +left out with --disable$/m,
    );
    expect(output).toMatch(/^nodes\n {2}Ready {2}\S+ .*v1\.36/m);
    expect(output).toMatch(/^Pods\n {2}none$/m);
    expect(output).toMatch(new RegExp(`^ {2}server +${pid} +\\d+(\\.\\d)? MB +\\d+(\\.\\d)? MB +\\d+\\.\\d %`, "m"));
    expect(output).not.toContain("\u001b");
    expect(code).toBe(0);
    const json = await status(directory, "--output", "json");
    expect(JSON.parse(json.output)).toMatchObject({
      state: "ready",
      dataDirectory: directory,
      runtime: "simulated",
      nodes: [{ ready: true }],
      processes: [{ name: "server", pid }],
    } satisfies { [K in keyof ClusterStatus]?: unknown });
    expect(json.code).toBe(0);
  });

  test("is degraded where the server hangs", async () => {
    process.kill(pid, "SIGSTOP");
    try {
      const { code, output } = await status(directory);
      expect(output).toMatch(/^degraded: not well: API server: /);
      expect(output).toMatch(/^ {2}failed {2}API server {2}no answer in 5 s$/m);
      expect(code).toBe(2);
    } finally {
      process.kill(pid, "SIGCONT");
    }
  });

  test("says that the server is gone, and what to do", async () => {
    process.kill(pid, "SIGKILL");
    await ended;
    const { code, output } = await status(directory);
    expect(output).toMatch(
      new RegExp(
        `^not running: the server \\(process ${pid}\\) of \\S+ ended without taking its leave: \`timonier up\` takes up`,
      ),
    );
    expect(code).toBe(1);
    expect(JSON.parse((await status(directory, "--output", "json")).output)).toMatchObject({ state: "not running", nodes: [] });
  });

  test.skipIf(process.getuid?.() !== 0)("is not told to a user who may not read the directory", async () => {
    chmodSync(directory, 0o700);
    const through = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    const { code, output } = await timonier.run(["status", "--data-dir", directory], { through });
    expect(output).toMatch(/^timonier: \S+ is not readable for user 65534, it belongs to root: run as its owner/);
    expect(code).toBe(1);
  });
});

test("`timonier status` says where no cluster runs", async () => {
  const none = await status("/no/such/directory");
  expect(none).toEqual({
    code: 1,
    output:
      "not running: no cluster runs on /no/such/directory: start one with `timonier up`, or name another directory with --data-dir\n",
  });
  expect(await status("/no/such/directory", "--output", "xml")).toMatchObject({ code: 1 });
});

const missing = await whyNot();
if (missing !== undefined) console.warn(`status of a real node is not tested: ${missing}`);

describe.skipIf(missing !== undefined)("`timonier status` of a cluster with a real node", () => {
  let cluster: RealCluster;
  beforeAll(async () => {
    cluster = await openCluster();
  });
  afterAll(() => cluster?.close());

  /** Exit codes are not of interest here; they are where the program itself is run. */
  const look = async (): Promise<ClusterStatus> =>
    JSON.parse(
      await cluster
        .timonier("status", "--output", "json")
        .catch((error: Error & { stdout?: string }) => error.stdout ?? String(error)),
    );

  test("knows each part of the node, and notices what hangs", async () => {
    // A ready node may still be learning the first Services.
    const well = await vi.waitFor(
      async () => {
        const seen = await look();
        expect(seen).toMatchObject({ state: "ready", summary: "the cluster is ready" });
        return seen;
      },
      { timeout: 20_000 },
    );
    expect(well.components.map(({ name, state }) => `${state} ${name}`)).toEqual(
      ["API server", "store", "controllers", "scheduler", "node agent", "containerd", "Service proxy", "DNS"].map(
        (name) => `ok ${name}`,
      ),
    );
    expect(well.processes.map(({ name }) => name)).toEqual(["server", "agent", "containerd"]);
    const agent = well.processes.find(({ name }) => name === "agent")?.pid ?? 0;
    process.kill(agent, "SIGSTOP");
    try {
      const { state, components } = await look();
      expect(components.filter((each) => each.state === "failed").map(({ name }) => name)).toEqual(["node agent", "DNS"]);
      expect(state).toBe("degraded");
    } finally {
      process.kill(agent, "SIGCONT");
    }
  });

  test("names what the log says of an agent that was started again, and is ready again", async () => {
    const first = (await look()).processes.find(({ name }) => name === "agent")?.pid ?? 0;
    process.kill(first, "SIGKILL");
    await until("another agent runs, and all is well", async () => {
      const { state, processes } = await look();
      const pid = processes.find(({ name }) => name === "agent")?.pid;
      return state === "ready" && pid !== undefined && pid !== first;
    });
    const { lastProblems } = await look();
    expect(lastProblems).toContainEqual(
      expect.objectContaining({ process: "server", level: "error", text: expect.stringContaining("the node agent ended") }),
    );
    expect(lastProblems.map(({ text }) => text).join("\n")).not.toContain("DNS cannot be found");
  });
});
