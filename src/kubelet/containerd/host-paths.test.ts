import { access, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { claimHostPaths, type HostPaths, releaseHostPaths } from "./host-paths.ts";

let root: string;
let data: string;
let paths: HostPaths;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "timonier-host-"));
  data = join(root, "data");
  await mkdir(data);
  await mkdir(join(root, "log"));
  paths = {
    kubelet: join(root, "lib/deep/kubelet"),
    podLogs: join(root, "log/pods"),
    containerLogs: join(root, "log/containers"),
  };
});
afterEach(() => rm(root, { recursive: true }));

const there = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe("host paths", () => {
  test("are made, and taken away again with the directories that led to them", async () => {
    await claimHostPaths(data, paths);
    await writeFile(join(paths.podLogs, "0.log"), "x");
    await claimHostPaths(data, paths);
    await releaseHostPaths(data, paths);
    expect(await readdir(root)).toEqual(["data", "log"]);
    expect(await readdir(data)).toEqual([]);
    expect(await readdir(join(root, "log"))).toEqual([]);
  });

  test("that were there before stay, emptied", async () => {
    await mkdir(paths.podLogs);
    await claimHostPaths(data, paths);
    await writeFile(join(paths.podLogs, "0.log"), "x");
    await releaseHostPaths(data, paths);
    expect(await readdir(paths.podLogs)).toEqual([]);
    expect(await there(paths.kubelet)).toBe(false);
  });

  test("with another kubelet's files in them are refused and left as they are", async () => {
    await mkdir(paths.kubelet, { recursive: true });
    await writeFile(join(paths.kubelet, "cpu_manager_state"), "{}");
    await expect(claimHostPaths(data, paths)).rejects.toThrow(
      /is in use \(another kubelet's files are in it\): stop the other kubelet/,
    );
    await releaseHostPaths(data, paths);
    expect(await readdir(paths.kubelet)).toEqual(["cpu_manager_state"]);
  });

  test("of another cluster of ours are refused, and its name is told", async () => {
    await claimHostPaths(data, paths);
    const second = join(root, "second");
    await mkdir(second);
    await expect(claimHostPaths(second, paths)).rejects.toThrow(`the cluster in ${data} uses it`);
    await releaseHostPaths(second, paths);
    expect(await there(paths.kubelet)).toBe(true);
  });
});
