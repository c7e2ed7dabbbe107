/** Every bad start ends with exit code 1 and one message that says what is wrong and what to do; nothing stays behind. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNamespaces, whyNot } from "../node/namespaces.ts";
import { installTimonier, type Result, type Timonier } from "./timonier.ts";

let timonier: Timonier;
beforeAll(() => {
  timonier = installTimonier();
});
afterAll(() => timonier?.close());

const SIMULATED = ["--port", "0", "--runtime", "simulated"];

/** One message, no stack. */
function expectRefused({ code, output }: Result, message: string | RegExp): void {
  expect(output).toMatch(message);
  expect(output).not.toMatch(/^\s+at /m);
  expect(
    output
      .trim()
      .split("\n")
      .filter((line) => line.startsWith("timonier: ")),
  ).toHaveLength(1);
  expect(code).toBe(1);
}

describe("`timonier up` refuses", () => {
  test.each([
    [["--port", "https"], '--port takes a whole number from 0 to 65535, not "https"'],
    [["--bind-address", "here"], '--bind-address takes an IPv4 address such as 192.0.2.7, not "here"'],
    [["--node-ip", "::1"], '--node-ip takes an IPv4 address such as 192.0.2.7, not "::1"'],
    [["--node-name", "My_Node"], '--node-name takes a DNS name such as node-1, not "My_Node"'],
    [["--runtime", "podman"], '--runtime takes auto, containerd or simulated, not "podman"'],
    [["--runtime-handler", "gvisor"], '--runtime-handler takes name=type such as gvisor=io.containerd.runsc.v1, not "gvisor"'],
    [["--runtime-handler", "a=b", "--runtime-endpoint", "/run/crio.sock"], "--runtime-handler is for Timonier's own containerd"],
    [["--pod-cidr", "10.244.0.1/16"], "did you mean 10.244.0.0/16?"],
    [["--service-cidr", "10.96.0.0/31"], "--service-cidr takes an IPv4 range from /8 to /28"],
    [["--pod-cidr", "10.96.0.0/16"], "--pod-cidr 10.96.0.0/16 and --service-cidr 10.96.0.0/16 overlap"],
    [["--cluster-domain", "Not A Domain"], "--cluster-domain takes a DNS name"],
    [["--simulated-nodes", "many"], "--simulated-nodes takes a whole number from 0 to 10000"],
    [
      ["--disable", "scheduler,cloud"],
      '--disable takes some of scheduler, controllers, proxy, dns, separated by commas, not "cloud"',
    ],
  ])("%j", async (options, message) => {
    const directory = join(timonier.directory(), "data");
    const result = await timonier.run(["up", "--data-dir", directory, ...options]);
    expectRefused(result, message);
    expect(existsSync(directory)).toBe(false);
  });

  test("an option or a command that is none", async () => {
    for (const args of [["up", "--nonsense"], ["nonsense"]]) {
      const { code, output } = await timonier.run(args);
      expect(output).toMatch(/^error: unknown (option|command)/m);
      expect(code).toBe(1);
    }
  });

  test("a data directory on which a cluster runs", async () => {
    const directory = timonier.directory();
    const first = await timonier.up(["--data-dir", directory, ...SIMULATED]);
    const second = await timonier.run(["up", "--data-dir", directory, ...SIMULATED]);
    expectRefused(second, `a cluster already runs on ${directory} (process ${first.child.pid}, https://127.0.0.1:`);
    expect((await timonier.run(["status", "--data-dir", directory])).code).toBe(0);
  });

  test("a port on which something listens", async () => {
    const other: Server = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const result = await timonier.run(["up", "--data-dir", timonier.directory(), ...SIMULATED, "--port", String(port)]);
    expectRefused(result, `port ${port} on 127.0.0.1 is in use`);
    other.close();
  });

  test("an address that the machine does not have", async () => {
    const result = await timonier.run(["up", "--data-dir", timonier.directory(), ...SIMULATED, "--bind-address", "192.0.2.7"]);
    expectRefused(result, "this machine has no address 192.0.2.7");
  });

  test("a store that is damaged, and leaves it as it is", async () => {
    const directory = timonier.directory();
    const first = await timonier.up(["--data-dir", directory, ...SIMULATED]);
    first.child.kill("SIGTERM");
    await first.ended;
    const file = join(directory, "store/store.mdb");
    const damaged = Buffer.concat([Buffer.alloc(8192, "x"), readFileSync(file).subarray(8192)]);
    writeFileSync(file, damaged);
    expectRefused(await timonier.run(["up", "--data-dir", directory, ...SIMULATED]), file);
    expect(readFileSync(file).equals(damaged)).toBe(true);
  });

  test("keys that are damaged, and names the file", async () => {
    const directory = timonier.directory();
    mkdirSync(join(directory, "pki"));
    for (const name of ["ca.crt", "ca.key"]) writeFileSync(join(directory, "pki", name), "no certificate\n");
    expectRefused(
      await timonier.run(["up", "--data-dir", directory, ...SIMULATED]),
      `${directory}/pki/ca.crt is not a certificate`,
    );
  });

  test("a data directory that it may not write, or that is a file", async () => {
    const file = join(timonier.directory(), "file");
    writeFileSync(file, "");
    expectRefused(await timonier.run(["up", "--data-dir", file, ...SIMULATED]), `${file} is not a directory`);
  });

  test("the same with --detach", async () => {
    const directory = timonier.directory();
    await timonier.up(["--data-dir", directory, ...SIMULATED]);
    const second = await timonier.run(["up", "--detach", "--data-dir", directory, ...SIMULATED]);
    expectRefused(second, `a cluster already runs on ${directory}`);
  });
});

const missing = await whyNot();
if (missing !== undefined) console.warn(`some tests of bad starts are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("without what real containers need", () => {
  /** Hides containerd from one command. */
  const HIDDEN = ["unshare", "--mount", "sh", "-c", 'mount --bind /dev/null "$(command -v containerd)" && exec "$@"', "sh"];

  test("`up --runtime containerd` says what is missing", async () => {
    const result = await timonier.run(["up", "--data-dir", timonier.directory(), "--port", "0", "--runtime", "containerd"], {
      through: HIDDEN,
    });
    expectRefused(result, "containerd is not installed: `timonier doctor` says how to get it");
  });

  test("`up` simulates its node, and says why", async () => {
    const { output } = await timonier.up(["--data-dir", timonier.directory(), "--port", "0"], "ready\n", { through: HIDDEN });
    expect(output()).toContain("nodes are simulated: containerd is not installed");
  });

  test("a user other than root gets simulated nodes, or hears that root is needed", async () => {
    const directory = timonier.directory();
    chmodSync(directory, 0o777);
    const through = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    const args = ["--data-dir", join(directory, "data"), "--port", "0"];
    expectRefused(await timonier.run(["up", ...args, "--runtime", "containerd"], { through }), "real containers need root");
    const { output } = await timonier.up(args, "simulated node(s) ready", { through });
    expect(output()).toContain("nodes are simulated: real containers need root");
  });

  test("`up` refuses a machine on which another kubelet runs, and takes its network away again", async () => {
    const namespaces = await openNamespaces();
    try {
      await namespaces.run("sh", ["-c", "mkdir /var/lib/kubelet; touch /var/lib/kubelet/config.yaml"]);
      const links = await namespaces.run("ip", ["-brief", "link"]);
      const result = await timonier.run(
        ["up", "--data-dir", join(namespaces.directory, "data"), "--port", "16443", "--runtime", "containerd"],
        { through: ["nsenter", ...namespaces.enter] },
      );
      expectRefused(result, "/var/lib/kubelet is in use (another kubelet's files are in it)");
      expect(await namespaces.run("ip", ["-brief", "link"])).toBe(links);
      expect(await namespaces.run("nft", ["list", "ruleset"])).toBe("");
      expect(await namespaces.run("ls", ["/var/lib/kubelet"])).toBe("config.yaml\n");
    } finally {
      await namespaces.close();
    }
  });
});
