/** exec, attach, cp and port-forward on a real node, by an unmodified kubectl, over WebSocket and over SPDY. */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Pod } from "../../src/api/core/pod/pod.ts";
import { busyboxArchive } from "./busybox-image.ts";
import { commandLine, type KubectlInside, kubectlInside, stop, type Transport, untilWritten } from "./kubectl-inside.ts";
import { pidsNaming, whyNot } from "./namespaces.ts";
import { type MemoryWatch, memoryOf } from "./proxied.ts";
import { openCluster, type RealCluster } from "./real-cluster.ts";
import { IMAGE, runningPod, shell } from "./real-pods.ts";

const missing = await whyNot();
if (missing !== undefined) console.warn(`tests of a real node are skipped: ${missing}`);

const MEGABYTES = process.env.TIMONIER_TEST_SIZE === "full" ? 100 : 16;
const MAX_GROWTH_MEGABYTES = 50;
const TRANSPORTS: readonly Transport[] = ["WebSocket", "SPDY"];
const LOOK_MS = 100;

/** Sends a file to a port, says that this is all, and prints the checksum of what came back. */
const SEND = `
const { connect } = require("node:net");
const { createReadStream } = require("node:fs");
const hash = require("node:crypto").createHash("sha256");
const socket = connect({ port: Number(process.argv[1]), host: "127.0.0.1", allowHalfOpen: true });
createReadStream(process.argv[2]).pipe(socket);
socket.on("data", (part) => hash.update(part)).on("end", () => console.log(hash.digest("hex")));`;

describe.skipIf(missing !== undefined)("streams of a real node", () => {
  let cluster: RealCluster;
  let file: string;
  let sha256: string;

  beforeAll(async () => {
    cluster = await openCluster();
    const archive = join(cluster.namespaces.directory, "busybox.tar");
    await writeFile(archive, await busyboxArchive([IMAGE]));
    await cluster.timonier("image load", archive);
    const { client } = cluster;
    await Promise.all([
      runningPod(client, "main"),
      runningPod(client, "echo", { command: shell("exec nc -ll -p 9000 -e cat") }),
      runningPod(client, "reader", {
        command: shell("while :; do cat; echo again; sleep 0.1; done"),
        container: { stdin: true },
      }),
    ]);
    file = join(cluster.namespaces.directory, "payload");
    const bytes = randomBytes(MEGABYTES * 2 ** 20);
    sha256 = createHash("sha256").update(bytes).digest("hex");
    await writeFile(file, bytes);
  }, 120_000);
  afterAll(() => cluster?.close());

  /** Looks at the memory of server and agent for as long as `work` lasts. */
  async function watched<T>(work: () => Promise<T>): Promise<{ result: T; memory: MemoryWatch }> {
    const memory = await memoryOf(cluster, pidsNaming(join(cluster.dataDirectory, "agent/agent.json")));
    const looking = setInterval(memory.look, LOOK_MS);
    try {
      return { result: await work(), memory };
    } finally {
      clearInterval(looking);
    }
  }

  describe.each(TRANSPORTS)("over %s", (transport) => {
    let kubectl: KubectlInside;
    beforeAll(() => {
      kubectl = kubectlInside(cluster, transport);
    });

    test("a command's output, errors and exit code come back apart", async () => {
      const { code, stdout, stderr } = await kubectl.run(["exec", "main", "--", ...shell("echo out; echo err >&2; exit 7")]);
      expect({ code, stdout, stderr }).toEqual({
        code: 7,
        stdout: "out\n",
        stderr: "err\ncommand terminated with exit code 7\n",
      });
    });

    test("a command reads what is sent until its end", async () => {
      const { code, stdout } = await kubectl.run(["exec", "-i", "main", "--", ...shell("cat; echo done")], "one\ntwo\n");
      expect({ code, stdout }).toEqual({ code: 0, stdout: "one\ntwo\ndone\n" });
    });

    test("a command need not read what is sent", async () => {
      const { code, stdout } = await kubectl.run(["exec", "-i", "main", "--", "echo", "done"], "x".repeat(50_000));
      expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
    });

    test("what cannot be run says why", async () => {
      const { code, stderr } = await kubectl.run(["exec", "main", "--", "/no/such/program"]);
      expect(code).toBe(1);
      expect(stderr).toContain("Internal error occurred: error executing command in container: ");
      expect(stderr).toContain("/no/such/program: no such file or directory");
    });

    test("a terminal is one, and gets the size of the client's", async () => {
      // The size comes when the command runs already.
      const sized = "for i in $(seq 100); do stty size 2>&1 | grep 33.99 && break; sleep 0.1; done";
      const command = ["exec", "-it", "main", "--", ...shell(`test -t 0 && test -t 1 && echo terminal; ${sized}`)];
      const script = `stty rows 33 cols 99; ${commandLine(command)}`;
      const words = await cluster.namespaces.run("env", [...kubectl.environment, "script", "-qec", script, "/dev/null"]);
      expect(words).toContain("terminal\r\n33 99\r\n");
    });

    test("an attached container takes what is sent and shows what it writes", async () => {
      const child = kubectl.start(["attach", "-i", "reader"]);
      const answered = untilWritten(child, /hello over/);
      child.stdin?.write(`hello over ${transport}\n`);
      await answered;
      await stop(child);
    });

    test("a command ends with its container", async () => {
      const name = `short-lived-${transport.toLowerCase()}`;
      await runningPod(cluster.client, name);
      const child = kubectl.start(["exec", name, "--", ...shell("echo started; sleep 3600")]);
      await untilWritten(child, /started/);
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      await cluster.client.delete(Pod, { namespace: "default", name });
      expect(await ended).toBe(137);
    });

    test("a port that nobody listens on is refused in upstream's words", async () => {
      const child = kubectl.start(["port-forward", "main", ":81"]);
      const [, port = ""] = await untilWritten(child, /127\.0\.0\.1:(\d+) -> 81/);
      const complaint = untilWritten(child, /error forwarding port 81 to pod [^:]*, uid : .*connection refused/);
      await cluster.namespaces.run(process.execPath, ["-e", SEND, port, "/etc/hostname"]).catch(() => "");
      await complaint;
      await stop(child);
    });

    test(`${MEGABYTES} MB go through a command and back in bounded memory`, async () => {
      const { result, memory } = await watched(() => kubectl.run(["exec", "-i", "main", "--", "cat"], `@${file}`));
      expect([result.code, result.sha256]).toEqual([0, sha256]);
      expect(memory.growth()).toBeLessThan(MAX_GROWTH_MEGABYTES);
    }, 120_000);

    test(`${MEGABYTES} MB are copied in and out in bounded memory`, async () => {
      const copy = `${file}-${transport}`;
      const { memory } = await watched(async () => {
        expect(await kubectl.run(["cp", file, "main:/tmp/payload"])).toMatchObject({ code: 0 });
        expect(await kubectl.run(["cp", "main:/tmp/payload", copy])).toMatchObject({ code: 0 });
      });
      expect(await cluster.namespaces.run("sha256sum", [copy])).toMatch(`${sha256} `);
      expect(memory.growth()).toBeLessThan(MAX_GROWTH_MEGABYTES);
    }, 120_000);

    test(`${MEGABYTES} MB go through an attached container and back in bounded memory`, async () => {
      const name = `whole-${transport.toLowerCase()}`;
      await runningPod(cluster.client, name, {
        command: shell("sha256sum > /tmp/sum; cat /tmp/sum; sleep 3600"),
        container: { stdin: true, stdinOnce: true },
      });
      const { result, memory } = await watched(async () => {
        const child = kubectl.start(["attach", "-i", name, "--pod-running-timeout=30s"]);
        const sum = untilWritten(child, /[0-9a-f]{64}/);
        if (child.stdin !== null) createReadStream(file).pipe(child.stdin);
        const [found] = await sum;
        await stop(child);
        return found;
      });
      expect(result).toBe(sha256);
      expect(memory.growth()).toBeLessThan(MAX_GROWTH_MEGABYTES);
    }, 120_000);

    test(`${MEGABYTES} MB go through a forwarded port and back in bounded memory`, async () => {
      const child = kubectl.start(["port-forward", "echo", ":9000"]);
      const [, port = ""] = await untilWritten(child, /127\.0\.0\.1:(\d+) -> 9000/);
      const { result, memory } = await watched(() => cluster.namespaces.run(process.execPath, ["-e", SEND, port, file]));
      expect(result.trim()).toBe(sha256);
      expect(memory.growth()).toBeLessThan(MAX_GROWTH_MEGABYTES);
      await stop(child);
    }, 120_000);
  });
});
