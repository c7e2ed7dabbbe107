/** A real containerd of our own: containers through the CRI, adoption after a crash, and nothing left behind. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { cgroupDirectories } from "../../src/kubelet/containerd/cgroups.ts";
import { importImage, loadImages } from "../../src/kubelet/containerd/image-import.ts";
import { type Containerd, startContainerd } from "../../src/kubelet/containerd/supervise.ts";
import { criRuntime } from "../../src/kubelet/runtime/cri/cri-runtime.ts";
import type { ContainerEvent, Runtime } from "../../src/kubelet/runtime/runtime.ts";
import { BUSYBOX, busyboxArchive } from "./busybox-image.ts";
import { mountsBelow, type Namespaces, openNamespaces, processesWith, until, whyNot } from "./namespaces.ts";
import { containerConfig, sandboxConfig } from "./pods.ts";

const missing = await whyNot();
if (missing !== undefined) console.warn(`tests of real containers are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a private containerd", () => {
  let namespaces: Namespaces;
  let containerd: Containerd;
  let runtime: Runtime;
  const image = `docker.io/library/${BUSYBOX}`;
  const start = () =>
    startContainerd({
      dataDirectory: namespaces.directory,
      machine: namespaces.machine,
      network: { podCidrs: ["10.250.0.0/24"], bridge: "timonier-test" },
      clock: realClock,
      logger: silentLogger,
    });
  const run = async (name: string, command: readonly string[]): Promise<{ pod: string; id: string }> => {
    const config = sandboxConfig(name, namespaces);
    const pod = await runtime.runPodSandbox(config, "");
    const id = await runtime.createContainer(pod, containerConfig(name, image, command), config);
    await runtime.startContainer(id);
    return { pod, id };
  };

  beforeAll(async () => {
    namespaces = await openNamespaces();
    await namespaces.claim();
    containerd = await start();
    runtime = await criRuntime({ endpoint: containerd.endpoint, clock: realClock });
    await writeFile(join(namespaces.directory, "busybox.tar"), await busyboxArchive());
  });

  afterAll(async () => {
    await runtime?.close();
    containerd?.leave();
    if (namespaces === undefined) return;
    // As `down --delete` does; the test of it below has usually done it already.
    await namespaces.release().finally(() => namespaces.close());
  });

  test("loads an image from an archive and lists it by its name", async () => {
    const archive = join(namespaces.directory, "busybox.tar");
    expect(await loadImages(containerd.importer, runtime, archive, realClock)).toEqual([image]);
    expect(await runtime.imageStatus(BUSYBOX)).toMatchObject({ repoTags: [image] });
    expect((await runtime.listImages()).flatMap(({ repoTags }) => repoTags)).toContain(image);
  });

  test("says what is wrong with an archive that is none", async () => {
    const path = join(namespaces.directory, "broken.tar");
    await writeFile(path, "this is no archive");
    await expect(importImage(containerd.importer, path)).rejects.toThrow(/broken\.tar cannot be loaded: /);
  });

  test("gives a Pod an address, runs a command in its container, and writes its log", async () => {
    const { pod, id } = await run("shell", ["sh", "-c", "echo hello; exec sleep 600"]);
    expect((await runtime.podSandboxStatus(pod)).ips[0]).toMatch(/^10\.250\.0\.\d+$/);
    const { stdout, exitCode } = await runtime.execSync(id, ["sh", "-c", "echo $((6 * 7)); exit 3"]);
    expect([Buffer.from(stdout).toString(), exitCode]).toEqual(["42\n", 3]);
    const log = join(namespaces.logs, "shell/shell.log");
    await until("the log has the line", async () => (await readFile(log, "utf8").catch(() => "")).includes("stdout F hello"));
  });

  test("ends a command that takes longer than it may", async () => {
    const { id } = await run("slow", ["sleep", "600"]);
    for (const timeoutMs of [1000, 150])
      await expect(runtime.execSync(id, ["sleep", "60"], { timeoutMs })).rejects.toMatchObject({ code: "DeadlineExceeded" });
  });

  test("tells of a container's end with its Pod, at a moment when the status shows it", async () => {
    const stop = new AbortController();
    const states: string[] = [];
    const seen: ContainerEvent[] = [];
    const listening = runtime.containerEvents?.((event) => {
      seen.push(event);
      if (event.type === "Stopped") void runtime.containerStatus(event.containerId).then(({ state }) => states.push(state));
    }, stop.signal);
    const { id } = await run("short", ["sh", "-c", "read -t 1 line; exit 7"]);
    await until("the end is told", () => seen.some((event) => event.containerId === id && event.type === "Stopped"));
    await until("the status was asked", () => states.length > 0);
    expect(states).toEqual(["Exited"]);
    expect(await runtime.containerStatus(id)).toMatchObject({ state: "Exited", exitCode: 7, reason: "Error" });
    expect(seen.find((event) => event.containerId === id && event.type === "Stopped")).toMatchObject({ podUid: "uid-short" });
    stop.abort();
    await listening;
  });

  test("is started again when it dies, and its containers do not notice", async () => {
    const { id } = await run("survivor", ["sleep", "600"]);
    const first = containerd.pid();
    process.kill(first ?? 0, "SIGKILL");
    await until("another containerd answers", async () => containerd.pid() !== first && (await running(runtime, id)));
    expect((await runtime.containerStatus(id)).state).toBe("Running");
  });

  test("is taken over by the next agent, with its containers", async () => {
    const { id } = await run("kept", ["sleep", "600"]);
    const pid = containerd.pid();
    await runtime.close();
    containerd.leave();
    containerd = await start();
    expect([containerd.adopted, containerd.pid()]).toEqual([true, pid]);
    runtime = await criRuntime({ endpoint: containerd.endpoint, clock: realClock });
    expect((await runtime.containerStatus(id)).state).toBe("Running");
    expect(await runtime.podSandboxStatus((await runtime.containerStatus(id)).podSandboxId)).toMatchObject({
      metadata: { name: "kept", uid: "uid-kept" },
      annotations: { note: "kept" },
    });
  });

  test("refuses directories that another kubelet uses", async () => {
    await expect(namespaces.claim(join(namespaces.directory, "other"))).rejects.toThrow(
      /\/var\/lib\/kubelet is in use \(the cluster in .* uses it\)/,
    );
  });

  test("leaves no process, mount, link, cgroup or file behind, even where it was killed", async () => {
    await run("last", ["sleep", "600"]);
    await runtime.close();
    containerd.leave();
    process.kill(containerd.pid() ?? 0, "SIGKILL");
    await namespaces.release();
    expect(await processesWith(join(namespaces.directory, "containerd/"))).toEqual([]);
    expect(await mountsBelow(namespaces, namespaces.directory)).toEqual([]);
    expect(await namespaces.run("ip", ["-brief", "link"])).toMatch(/^lo [^\n]*\n$/);
    expect(await cgroupDirectories(namespaces.cgroup)).toEqual([]);
    expect((await readdir(namespaces.directory)).filter((name) => name === "containerd.sock" || name === "root")).toEqual([]);
    for (const path of ["run/containerd", "var/lib/cni", "var/lib/kubelet", "var/log/pods"])
      expect(await readdir(join(namespaces.root, path)).catch(() => "absent")).toBe("absent");
  });
});

const running = (runtime: Runtime, id: string): Promise<boolean> =>
  runtime.containerStatus(id).then(
    ({ state }) => state === "Running",
    () => false,
  );
