/** What every command says and how it ends, on a cluster with a simulated node. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dataDirectory, readServerState, startTicksOf } from "../../src/cluster/data-directory.ts";
import { until } from "../node/namespaces.ts";
import { installTimonier, type Timonier } from "./timonier.ts";

let timonier: Timonier;
beforeAll(() => {
  timonier = installTimonier();
});
afterAll(() => timonier?.close());

const up = (directory: string, ...more: string[]): string[] => [
  "--data-dir",
  directory,
  "--port",
  "0",
  "--runtime",
  "simulated",
  ...more,
];

describe("`timonier up`", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("ends cleanly on %s", async (signal) => {
    const directory = timonier.directory();
    const { child, ended } = await timonier.up(up(directory));
    child.kill(signal);
    const { code, output } = await ended;
    expect(output).toMatch(/^ready in \d+ ms\nkubeconfig: \S+\/kubeconfig\n1 simulated node\(s\) ready\n$/);
    expect(code).toBe(0);
    expect(existsSync(join(directory, "server.json"))).toBe(false);
  });

  test("ends cleanly, too, where it is told to before it is ready", async () => {
    const directory = timonier.directory();
    const running = timonier.start(["up", ...up(directory)]);
    await until("it has begun", () => existsSync(join(directory, "store/LOCK")));
    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
  });

  test("writes a kubeconfig that only its owner reads", async () => {
    const directory = timonier.directory();
    const kubeconfig = join(directory, "elsewhere");
    await timonier.up(up(directory, "--kubeconfig", kubeconfig));
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    expect((await timonier.run(["kubeconfig", "--data-dir", directory])).output).toBe(readFileSync(kubeconfig, "utf8"));
    expect((await timonier.run(["kubeconfig", "--path", "--data-dir", directory])).output).toBe(`${kubeconfig}\n`);
  });

  test("with --detach returns when the cluster is ready, and leaves it running until `down`", async () => {
    const directory = timonier.directory();
    const { code, output } = await timonier.run(["up", "--detach", ...up(directory)]);
    expect([code, output]).toEqual([0, expect.stringMatching(/^ready in \d+ ms\n.*\n1 simulated node\(s\) ready\n$/)]);
    const state = readServerState(dataDirectory(directory));
    expect(startTicksOf(state?.pid ?? 0)).toBe(state?.startTicks);
    const status = await timonier.run(["status", "--data-dir", directory]);
    expect(status.output).toMatch(/^ready\n[\s\S]*^nodes\n {2}Ready /m);
    const down = await timonier.run(["down", "--data-dir", directory]);
    expect([down.code, down.output]).toEqual([0, `ended; ${directory} keeps the cluster for the next \`timonier up\`\n`]);
    expect(startTicksOf(state?.pid ?? 0)).not.toBe(state?.startTicks);
    await timonier.run(["down", "--delete", "--data-dir", directory]);
    expect(existsSync(directory)).toBe(false);
  });
});

describe("a command for a cluster", () => {
  test.each([["kubeconfig"], ["image", "list"]])("%s %s says that none runs", async (...words) => {
    const directory = timonier.directory();
    const { code, output } = await timonier.run([...words.filter(Boolean), "--data-dir", directory]);
    expect([code, output]).toEqual([
      1,
      `timonier: no cluster runs on ${directory}: start one with \`timonier up\`, or name another directory with --data-dir\n`,
    ]);
  });

  test("about images says what simulated nodes have, and which file is not there", async () => {
    const directory = timonier.directory();
    await timonier.up(up(directory));
    const list = await timonier.run(["image", "list", "--data-dir", directory]);
    expect([list.code, list.output]).toEqual([1, expect.stringContaining("nodes of this cluster are simulated")]);
    const load = await timonier.run(["image", "load", "/no/such.tar", "--data-dir", directory]);
    expect([load.code, load.output]).toEqual([1, "timonier: /no/such.tar does not exist\n"]);
  });

  test("`down` where nothing was is no failure", async () => {
    const { code, output } = await timonier.run(["down", "--data-dir", "/no/such/directory"]);
    expect([code, output]).toEqual([0, "no cluster in /no/such/directory\n"]);
  });
});
