import { expect, test } from "vitest";
import { seededEntropy } from "../../base/entropy.ts";
import { silentLogger } from "../../base/logger.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { LABELS } from "../pod/runtime-pod.ts";
import type { ContainerConfig, PodSandboxConfig } from "../runtime/config.ts";
import { simulatedRuntime } from "../runtime/simulated/simulated-runtime.ts";
import { collectContainers } from "./containers.ts";

const IMAGE = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1";

/** A runtime, and ways to put ended things on it. */
async function setUp() {
  const clock = virtualClock();
  const runtime = simulatedRuntime({ clock, entropy: seededEntropy(1) });
  const sandboxOf = (uid: string, attempt: number): PodSandboxConfig =>
    ({
      metadata: { name: "web", namespace: "default", uid, attempt },
      logDirectory: `/logs/${uid}`,
      labels: { [LABELS.podUid]: uid },
      annotations: {},
      hostname: "",
      dns: { servers: [], searches: [], options: [] },
      portMappings: [],
      linux: { cgroupParent: "", sysctls: {}, resources: {}, securityContext: { namespaces: { network: "Pod" } } },
    }) as unknown as PodSandboxConfig;
  async function sandbox(uid: string, attempt = 0): Promise<string> {
    await clock.advance(1);
    return runtime.runPodSandbox(sandboxOf(uid, attempt), "");
  }
  async function ended(uid: string, sandboxId: string, name: string, attempt: number): Promise<void> {
    await clock.advance(1);
    const config = {
      metadata: { name, attempt },
      image: { image: IMAGE, userSpecifiedImage: IMAGE },
      command: ["true"],
      args: [],
      envs: [],
      mounts: [],
      linux: { resources: {} },
      logPath: `${name}/${attempt}.log`,
      labels: { [LABELS.podUid]: uid, [LABELS.containerName]: name },
      annotations: {},
    } as unknown as ContainerConfig;
    const id = await runtime.createContainer(sandboxId, config, sandboxOf(uid, 0));
    await runtime.startContainer(id);
    await runtime.stopContainer(id, 0);
  }
  const removed: string[] = [];
  const logs = {
    link: async () => {},
    remove: async (_owner: object, path?: string) => void removed.push(path ?? ""),
    sweep: async () => {},
  };
  return {
    runtime,
    sandbox,
    ended,
    removed,
    collect: (...known: string[]) =>
      collectContainers({ runtime, logs, logger: silentLogger, isKnown: (uid) => known.includes(uid) }),
    runs: async () => (await runtime.listContainers()).map(({ metadata: { name, attempt } }) => `${name} ${attempt}`).sort(),
    sandboxes: async () => (await runtime.listPodSandboxes()).map(({ metadata: { uid, attempt } }) => `${uid} ${attempt}`).sort(),
  };
}

test("of a container's ended runs the last stays, with its log", async () => {
  const { sandbox, ended, collect, runs, removed } = await setUp();
  const id = await sandbox("a");
  for (const attempt of [0, 1, 2]) await ended("a", id, "main", attempt);
  await ended("a", id, "side", 0);
  await collect("a");
  expect(await runs()).toEqual(["main 2", "side 0"]);
  expect(removed).toEqual(["/logs/a/main/1.log", "/logs/a/main/0.log"]);
});

test("of a Pod's ended sandboxes those go that have no containers, but for the newest", async () => {
  const { runtime, sandbox, ended, collect, sandboxes } = await setUp();
  const all: string[] = [];
  for (const attempt of [0, 1, 2, 3]) all.push(await sandbox("a", attempt));
  await ended("a", all[1] ?? "", "main", 0);
  for (const id of all) await runtime.stopPodSandbox(id);
  await collect("a");
  expect(await sandboxes()).toEqual(["a 1", "a 3"]);
});

test("nothing stays of Pods that the node does not have, and what runs is left alone", async () => {
  const { runtime, sandbox, ended, collect, sandboxes, runs } = await setUp();
  const gone = await sandbox("gone");
  await ended("gone", gone, "main", 0);
  await runtime.stopPodSandbox(gone);
  await sandbox("running");
  await collect();
  expect([await sandboxes(), await runs()]).toEqual([["running 0"], []]);
});
