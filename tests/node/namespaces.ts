/**
 * A place for real containers in tests: mount and network namespaces of their own, in which no packet finds a way out and nothing that
 * is mounted, or written to /run, /var/lib and /var/log, reaches the machine.
 */
import { execFile, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { realClock, sleep } from "../../src/base/clock.ts";
import { endProcess } from "../../src/kubelet/containerd/daemon.ts";
import { inspectMachine, type Machine, obstacle } from "../../src/kubelet/containerd/machine.ts";
import { mountPointsBelow } from "../../src/kubelet/containerd/mounts.ts";

const run = promisify(execFile);

export interface Namespaces {
  /** A directory that both sides see. */
  readonly directory: string;
  /** Directory for Pods' logs. */
  readonly logs: string;
  /** The cgroup beneath which containers run. */
  readonly cgroup: string;
  /** The process that holds them. */
  readonly pid: number;
  /** How the namespaces' files are seen from outside: `/proc/PID/root`. */
  readonly root: string;
  /** Arguments of `nsenter` that lead inside. */
  readonly enter: readonly string[];
  /** The machine as it is, with a containerd that starts inside. */
  readonly machine: Machine;
  /** Runs a command inside; answers what it wrote. */
  run(command: string, args: readonly string[]): Promise<string>;
  /** Claims the host's directories for a node in `dataDirectory`, as `up` does. */
  claim(dataDirectory?: string): Promise<void>;
  /** Ends and removes everything of the node in `directory`, as `down --delete` does. */
  release(): Promise<void>;
  close(): Promise<void>;
}

/** Why real containers cannot be tested here; undefined where they can. */
export async function whyNot(): Promise<string | undefined> {
  return obstacle(await inspectMachine())?.message;
}

const SET_UP = `
ip link set lo up
for directory in /run /var/lib /var/log; do mount -t tmpfs tmpfs $directory; done
mkdir -p /run/netns
echo ready
exec sleep infinity`;

export async function openNamespaces(): Promise<Namespaces> {
  const machine = await inspectMachine();
  const directory = await mkdtemp(join(tmpdir(), "timonier-node-"));
  const holder = spawn("unshare", ["--mount", "--net", "--propagation", "private", "sh", "-ec", SET_UP], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = await new Promise<number>((resolve, reject) => {
    holder.once("error", reject);
    holder.once("exit", (code) => reject(new Error(`the namespaces could not be made: exit code ${code}`)));
    holder.stdout.once("data", () => resolve(holder.pid ?? 0));
  });
  const enter = ["--target", String(pid), "--mount", "--net", "--"];
  const containerd = machine.containerd && { ...machine.containerd, path: join(directory, "start-containerd") };
  await writeFile(
    join(directory, "start-containerd"),
    `#!/bin/sh\nexec nsenter ${enter.join(" ")} ${machine.containerd?.path} "$@"\n`,
  );
  await chmod(join(directory, "start-containerd"), 0o755);
  const runInside = async (command: string, args: readonly string[]): Promise<string> =>
    (await run("nsenter", [...enter, command, ...args], { maxBuffer: 16 * 1024 * 1024 })).stdout;
  const cgroup = `/${basename(directory)}`;
  const host = async (...args: string[]): Promise<void> =>
    void (await runInside(process.execPath, [join(import.meta.dirname, "host.ts"), ...args]));
  return {
    directory,
    logs: join(directory, "logs"),
    cgroup,
    root: `/proc/${pid}/root`,
    enter,
    pid,
    machine: { ...machine, containerd },
    run: runInside,
    claim: (dataDirectory = directory) => host("claim", dataDirectory),
    release: () => host("release", directory, cgroup),
    async close() {
      await endProcess(realClock, pid, 0);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Waits until `condition` holds; fails with `what` where it never does. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = realClock.monotonic() + timeoutMs;
  while (!(await condition())) {
    if (realClock.monotonic() > deadline) throw new Error(`waited in vain: ${what}`);
    await sleep(realClock, 10);
  }
}

/** Command lines of the machine's processes that have `text` in them. */
export async function processesWith(text: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return lines.map((line) => line.replaceAll("\0", " ").trim()).filter((line) => line.includes(text));
}

/** Processes that have `argument` among their own. */
export function pidsNaming(argument: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(argument);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Mount points inside beneath `directory`. */
export async function mountsBelow(namespaces: Namespaces, directory: string): Promise<string[]> {
  return mountPointsBelow(await namespaces.run("cat", ["/proc/self/mountinfo"]), [directory]);
}
