import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { virtualClock } from "../../base/virtual-clock.ts";
import { machineFigures } from "./machine-figures.ts";

const roots: string[] = [];
afterEach(async () => {
  for (const root of roots.splice(0)) await rm(root, { recursive: true });
});

/** A machine of files: by path below `proc` and `cgroups`. */
async function machineOf(files: Record<string, string>) {
  const root = await mkdtemp(join(tmpdir(), "timonier-figures-"));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const clock = virtualClock({ startMs: 1_000 });
  return { root, machine: machineFigures(clock, { proc: join(root, "proc"), cgroups: join(root, "cgroups") }) };
}

const NET = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0: 2000      20    3    0    0     0          0         0     1000      10    4    0    0     0       0          0
`;

describe("a cgroup's figures", () => {
  test("are read from one hierarchy where there is one", async () => {
    const { machine } = await machineOf({
      "cgroups/cgroup.controllers": "cpu memory pids",
      "cgroups/pods/a/cpu.stat": "usage_usec 1500\nuser_usec 1000\n",
      "cgroups/pods/a/memory.current": "1000\n",
      "cgroups/pods/a/memory.max": "4000\n",
      "cgroups/pods/a/memory.stat": "anon 600\ninactive_file 300\npgfault 7\npgmajfault 2\n",
      "cgroups/pods/a/pids.current": "5\n",
    });
    expect(await machine.group("/pods/a")).toEqual({
      timeMs: 1_000,
      coreNanoSeconds: 1_500_000,
      processes: 5,
      memory: {
        timeMs: 1_000,
        usageBytes: 1000,
        workingSetBytes: 700,
        availableBytes: 3300,
        rssBytes: 600,
        pageFaults: 7,
        majorPageFaults: 2,
      },
    });
  });

  test("are read from a hierarchy for each controller where they are apart", async () => {
    const { machine } = await machineOf({
      "cgroups/unified/cgroup.controllers": "",
      "cgroups/cpuacct/a/cpuacct.usage": "123456789\n",
      "cgroups/memory/a/memory.usage_in_bytes": "1000\n",
      "cgroups/memory/a/memory.limit_in_bytes": "9223372036854771712\n",
      "cgroups/memory/a/memory.stat": "rss 1\ntotal_rss 500\ntotal_inactive_file 1200\ntotal_pgfault 9\ntotal_pgmajfault 0\n",
    });
    const found = await machine.group("/a");
    expect(found).toMatchObject({ coreNanoSeconds: 123_456_789, processes: undefined });
    expect(found?.memory).toMatchObject({ workingSetBytes: 0, rssBytes: 500, pageFaults: 9, majorPageFaults: 0 });
    expect(found?.memory.availableBytes).toBeUndefined();
  });

  test("have no limit where the kernel says max, and are nothing where the cgroup is gone", async () => {
    const { machine } = await machineOf({
      "cgroups/cgroup.controllers": "",
      "cgroups/a/cpu.stat": "usage_usec 1\n",
      "cgroups/a/memory.current": "10\n",
      "cgroups/a/memory.max": "max\n",
    });
    expect((await machine.group("/a"))?.memory.availableBytes).toBeUndefined();
    expect(await machine.group("/b")).toBeUndefined();
  });
});

describe("a network's figures", () => {
  for (const [hierarchies, below] of [
    ["one", "cgroups/pods/a"],
    ["several", "cgroups/memory/pods/a"],
  ] as const)
    test(`are those of a process in the Pod's cgroup, with ${hierarchies} of cgroups`, async () => {
      const unified = hierarchies === "one" ? { "cgroups/cgroup.controllers": "" } : {};
      const { machine } = await machineOf({ ...unified, [`${below}/c1/cgroup.procs`]: "42\n43\n", "proc/42/net/dev": NET });
      expect(await machine.network("/pods/a")).toEqual({
        timeMs: 1_000,
        interfaces: [{ name: "eth0", receivedBytes: 2000, receiveErrors: 3, sentBytes: 1000, sendErrors: 4 }],
      });
      expect(await machine.network("/pods/b")).toBeUndefined();
    });
});

test("the machine's own figures come from /proc", async () => {
  const { machine } = await machineOf({
    "proc/stat": "cpu  100 10 50 9999 99 5 5 30 0 0\ncpu0 1 1 1 1\nbtime 1700000000\n",
    "proc/meminfo":
      "MemTotal: 1000 kB\nMemFree: 400 kB\nInactive(file): 100 kB\nAnonPages: 200 kB\nSwapTotal: 50 kB\nSwapFree: 20 kB\n",
    "proc/vmstat": "pgfault 77\npgmajfault 3\n",
    "proc/net/dev": NET,
    "proc/loadavg": "0.1 0.2 0.3 2/345 678\n",
    "proc/sys/kernel/pid_max": "32768\n",
  });
  expect(await machine.node()).toMatchObject({
    bootedAtMs: 1_700_000_000_000,
    coreNanoSeconds: 200 * 10_000_000,
    memory: {
      usageBytes: 600 * 1024,
      workingSetBytes: 500 * 1024,
      availableBytes: 500 * 1024,
      rssBytes: 200 * 1024,
      pageFaults: 77,
    },
    swap: { usageBytes: 30 * 1024, availableBytes: 20 * 1024 },
    processes: 345,
    mostProcesses: 32_768,
  });
});

test("a tree's use counts each file once, and follows no link", async () => {
  const { root, machine } = await machineOf({
    "volume/a": "x".repeat(10_000),
    "volume/deep/b": "y",
    "other/c": "z".repeat(100_000),
  });
  await symlink(join(root, "other"), join(root, "volume/link"));
  const { bytes, inodes } = await machine.usage(join(root, "volume"));
  expect(inodes).toBe(5);
  expect(bytes).toBeGreaterThanOrEqual(10_000);
  expect(bytes).toBeLessThan(100_000);
  expect(await machine.usage(join(root, "none"))).toEqual({ bytes: 0, inodes: 0 });
  expect(await machine.filesystem(join(root, "none"))).toBeUndefined();
  expect((await machine.filesystem(root))?.capacityBytes).toBeGreaterThan(0);
});
