/** `timonier logs`: what components say, whether the cluster runs or not. */
import { appendFileSync, chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../node/namespaces.ts";
import { installTimonier, type Result, type Timonier } from "./timonier.ts";

let timonier: Timonier;
let directory: string;
beforeAll(async () => {
  timonier = installTimonier();
  directory = timonier.directory();
  const running = await timonier.up(["--data-dir", directory, "--port", "0", "--runtime", "simulated"], "node(s) ready\n");
  running.child.kill("SIGTERM");
  await running.ended;
  const lines = [
    "2020-01-01T00:00:00.000Z ERROR long ago",
    "2020-01-01T00:00:01.000Z WARN  binding failed component=scheduler pod=a/b",
    "2020-01-01T00:00:02.000Z WARN  reconcile failed component=controllers controller=deployment",
  ];
  const own = readFileSync(join(directory, "server.log"), "utf8");
  appendFileSync(join(directory, "server.log"), `${lines.join("\n")}\n`);
  appendFileSync(join(directory, "agent.log"), "2020-01-01T00:00:03.000Z INFO  the kubelet runs component=kubelet node=n1\n");
  expect(own).toMatch(/^\S+ INFO {2}the cluster is ready server=https:\S+ process=\d+\n\S+ INFO {2}the cluster ends\n$/);
});
afterAll(() => timonier?.close());

const logs = (...args: string[]): Promise<Result> => timonier.run(["logs", "--data-dir", directory, ...args]);

describe("`timonier logs`", () => {
  test("prints the logs of all processes as one, and says whose each line is", async () => {
    const { code, output } = await logs();
    expect(output.split("\n").map((line) => line.replace(/ {2,}\S+Z /, " "))).toEqual(
      expect.arrayContaining(["server ERROR long ago", "agent INFO  the kubelet runs component=kubelet node=n1"]),
    );
    expect(output).not.toContain("\u001b");
    expect(code).toBe(0);
  });

  test.each([
    [["scheduler"], "2020-01-01T00:00:01.000Z WARN  binding failed component=scheduler pod=a/b\n"],
    [["controllers"], "2020-01-01T00:00:02.000Z WARN  reconcile failed component=controllers controller=deployment\n"],
    [["agent", "--level", "debug"], "2020-01-01T00:00:03.000Z INFO  the kubelet runs component=kubelet node=n1\n"],
    [["server", "--level", "error"], "2020-01-01T00:00:00.000Z ERROR long ago\n"],
    [["proxy"], ""],
  ])("%j prints these lines alone", async (args, expected) => {
    expect(await logs(...args)).toEqual({ code: 0, output: expected });
  });

  test("prints what is young, and the last", async () => {
    expect((await logs("server", "--since", "10m")).output).toMatch(
      /^\S+ INFO {2}the cluster is ready .*\n.* the cluster ends\n$/,
    );
    expect((await logs("server", "--since", "2020-01-01T00:00:02Z", "--tail", "1")).output).toContain("reconcile failed");
    expect((await logs("--tail", "0")).output).toBe("");
  });

  test("follows what comes until it is told to end", async () => {
    const other = timonier.directory();
    const up = await timonier.up(["--data-dir", other, "--port", "0", "--runtime", "simulated"]);
    const following = timonier.start(["logs", "server", "--follow", "--data-dir", other]);
    await until("the first line is there", () => following.output().includes("the cluster is ready"));
    up.child.kill("SIGTERM");
    await until("the next line came", () => following.output().includes("the cluster ends"));
    following.child.kill("SIGINT");
    expect((await following.ended).code).toBe(0);
    expect(following.output().match(/the cluster is ready/g)).toHaveLength(1);
  });

  test.each([
    [
      ["etcd"],
      'no component is called "etcd": name one of server, controllers, scheduler, agent, kubelet, proxy, dns, containerd',
    ],
    [["--level", "loud"], '--level takes debug, info, warn, error, not "loud"'],
    [["--since", "yesterday"], '--since takes 90s, 10m, 2h or a moment such as 2026-01-31T12:00:00Z, not "yesterday"'],
    [["--tail", "-1"], '--tail takes a whole number of entries, not "-1"'],
  ])("refuses %j", async (args, message) => {
    expect(await logs(...args)).toEqual({ code: 1, output: `timonier: ${message}\n` });
  });

  test("says where there is no cluster", async () => {
    const { code, output } = await timonier.run(["logs", "--data-dir", "/no/such/directory"]);
    expect([code, output]).toEqual([1, expect.stringContaining("there is no cluster in /no/such/directory: start one")]);
  });

  test.skipIf(process.getuid?.() !== 0)("says whose a directory is that it may not read", async () => {
    chmodSync(directory, 0o700);
    const through = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    const { code, output } = await timonier.run(["logs", "--data-dir", directory], { through });
    expect(output).toMatch(/^timonier: \S+ is not readable for user \S+, it belongs to root: run as its owner/);
    expect(code).toBe(1);
  });
});
