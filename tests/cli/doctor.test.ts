/** `timonier doctor` on this machine, and on this machine with something taken away, in namespaces of its own. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Finding } from "../../src/cluster/doctor/finding.ts";
import { inspectMachine } from "../../src/kubelet/containerd/machine.ts";
import { type Namespaces, openNamespaces, whyNot } from "../node/namespaces.ts";
import { installTimonier, type Result, type Timonier } from "./timonier.ts";

let timonier: Timonier;
beforeAll(() => {
  timonier = installTimonier();
});
afterAll(() => timonier?.close());

test("`timonier doctor` refuses an output that is none, and options as `up` does", async () => {
  expect(await timonier.run(["doctor", "--output", "yaml"])).toEqual({
    code: 1,
    output: 'timonier: --output takes json, not "yaml": leave it out for text\n',
  });
  expect((await timonier.run(["doctor", "--port", "https"])).output).toContain("--port takes a whole number");
});

const missing = await whyNot();
if (missing !== undefined) console.warn(`tests of doctor are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("`timonier doctor`, where real containers can run", () => {
  let namespaces: Namespaces;
  beforeEach(async () => {
    namespaces = await openNamespaces();
  });
  afterEach(() => namespaces?.close());

  const doctor = (args: readonly string[] = [], through: readonly string[] = [], env = {}): Promise<Result> =>
    timonier.run(["doctor", "--data-dir", join(namespaces.directory, "data"), ...args], {
      through: ["nsenter", ...namespaces.enter, ...through],
      env,
    });
  const failed = async (): Promise<Finding[]> => {
    const { code, output } = await doctor(["--output", "json"]);
    const { ready, findings } = JSON.parse(output) as { ready: boolean; findings: Finding[] };
    const found = findings.filter(({ level }) => level === "fail");
    expect([ready, code]).toEqual(found.length === 0 ? [true, 0] : [false, 1]);
    return found;
  };

  test("says so, in plain text where nobody reads colours, and changes nothing", async () => {
    const look = async (): Promise<string[]> =>
      Promise.all([
        namespaces.run("ip", ["-brief", "address"]),
        namespaces.run("nft", ["list", "ruleset"]),
        namespaces.run("find", ["/run", "/var/lib", "/var/log", namespaces.directory]),
        namespaces.run("cat", ["/proc/self/mounts", "/proc/sys/net/ipv4/ip_forward"]),
      ]);
    const before = await look();
    const { code, output } = await doctor();
    expect(output).toMatch(/^Real containers can run here \(\d+ ok, \d+ warned of, 0 failed\): timonier up$/m);
    expect(output).toMatch(/^ {2}ok {4}containerd is in \S+, version \d+\.\d+\.\d+\.$/m);
    expect(output).not.toContain("\u001b");
    expect(code).toBe(0);
    expect(await look()).toEqual(before);
    expect(await failed()).toEqual([]);
  });

  test("names the package that is missing, and with --install installs it, saying what it runs", async () => {
    const fake = join(namespaces.directory, "bin");
    const osRelease = join(namespaces.directory, "os-release");
    const containerd = (await inspectMachine()).containerd?.path ?? "";
    mkdirSync(fake);
    writeFileSync(osRelease, 'NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 13"\nID=debian\n');
    // Stands for the package manager: what it installs was hidden before.
    writeFileSync(join(fake, "apt-get"), `#!/bin/sh\necho "$*" >>${fake}/calls\n[ "$1" = update ] || umount ${containerd}\n`);
    chmodSync(join(fake, "apt-get"), 0o755);
    await namespaces.run("sh", [
      "-ec",
      `mount --bind ${osRelease} "$(readlink -f /etc/os-release)"; mount --bind /dev/null ${containerd}`,
    ]);
    const env = { PATH: `${fake}:${process.env.PATH}` };
    const first = await doctor([], [], env);
    expect(first.output).toContain(
      "FAIL  containerd is not installed.\n        It pulls images and looks after containers; Timonier runs one of its own beneath the data directory.\n        → apt-get install -y --no-install-recommends containerd\n",
    );
    expect(first.code).toBe(1);
    expect(existsSync(join(fake, "calls"))).toBe(false);
    const second = await doctor(["--install"], [], env);
    expect(second.output).toContain("running: apt-get update\nrunning: apt-get install -y --no-install-recommends containerd\n");
    expect(second.output).toContain("Real containers can run here");
    expect(second.code).toBe(0);
    expect(readFileSync(join(fake, "calls"), "utf8")).toBe("update\ninstall -y --no-install-recommends containerd\n");
  });

  test("tells a user other than root, and installs nothing for them", async () => {
    const through = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    const { code, output } = await doctor(["--install"], through);
    expect(output).toContain("FAIL  This process does not run as root.");
    expect(output).not.toContain("running:");
    expect(code).toBe(1);
  });

  test("says whose files and ports are in the way, as `up` would find out", async () => {
    await namespaces.run("sh", ["-c", "mkdir /var/lib/kubelet; touch /var/lib/kubelet/config.yaml"]);
    expect(await failed()).toMatchObject([
      { name: "kubelet directories", what: "/var/lib/kubelet is in use (another kubelet's files are in it)." },
    ]);
  });

  test("finds a firewall that drops what Pods send, and what it says to do helps", async () => {
    await namespaces.run("nft", [
      "add table inet strict; add chain inet strict forward { type filter hook forward priority 0; policy drop; }",
    ]);
    const [finding, ...more] = await failed();
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ area: "firewall", name: "inet strict forward" });
    await namespaces.run("sh", ["-ec", finding?.how ?? ""]);
    expect(await failed()).toEqual([]);
  });

  test("knows a cluster of its own, and finds nothing of it in the way", async () => {
    const data = join(namespaces.directory, "data");
    const through = { through: ["nsenter", ...namespaces.enter] };
    const simulated = ["--port", "16443", "--runtime", "simulated"];
    const { child, ended } = await timonier.up(["--data-dir", data, ...simulated], "ready\n", through);
    expect((await doctor(["--port", "16443"])).output).toMatch(/A cluster runs on \S+ \(process \d+\)/);
    const other = await timonier.run(["doctor", "--data-dir", join(namespaces.directory, "other"), "--port", "16443"], through);
    expect(other.output).toMatch(/listens on port 16443 of 127\.0\.0\.1\./);
    expect(other.code).toBe(1);
    child.kill("SIGTERM");
    await ended;
  });
});
