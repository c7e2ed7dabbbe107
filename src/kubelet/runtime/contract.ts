/**
 * What every runtime does, as tests: see runtime.ts for the contract. Run on the simulated runtime beside it, and on containerd by
 * tests/node. Only what the CRI promises is asked for; what containers run is `sh`.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContainerConfig, PodSandboxConfig } from "./config.ts";
import type { ContainerOutput } from "./output.ts";
import { type ContainerEvent, isRuntimeError, type Runtime } from "./runtime.ts";

export interface RuntimeUnderTest {
  runtime: Runtime;
  output: ContainerOutput;
  /** An image with `sh` that is there. */
  image: string;
  /** Resolves when `done` holds; rejects after a while. */
  until(done: () => boolean | Promise<boolean>): Promise<void>;
  /** Lets time go on while `work` lasts, and answers what it does: a virtual clock has to be moved. */
  whileTimePasses<T>(work: Promise<T>): Promise<T>;
  /** Directory of the sandboxes' logs. */
  logDirectory: string;
  /** Parts of a sandbox's configuration that this machine needs. */
  sandbox?: Partial<PodSandboxConfig>;
  close(): Promise<void>;
}

let counter = 0;
const SECURITY = {
  namespaces: { network: "Pod", pid: "Container", ipc: "Pod" },
  readonlyRootfs: false,
  supplementalGroups: [],
  supplementalGroupsPolicy: "Merge",
  privileged: false,
} as const;

export function sandboxConfigFor({ logDirectory, sandbox }: RuntimeUnderTest): PodSandboxConfig {
  const uid = `contract-${++counter}`;
  return {
    metadata: { name: uid, namespace: "contract", uid, attempt: 0 },
    hostname: uid,
    logDirectory: `${logDirectory}/${uid}`,
    portMappings: [],
    labels: { "io.kubernetes.pod.uid": uid, colour: "blue" },
    annotations: { note: "kept" },
    linux: { cgroupParent: "", sysctls: {}, securityContext: SECURITY },
    ...sandbox,
  };
}

/** `script` for sh. What a simulated container does is said beside, in the sandbox's annotation. */
export const containerConfigFor = (image: string, uid: string, script: string, name = "main"): ContainerConfig => ({
  metadata: { name, attempt: 0 },
  image: { image, userSpecifiedImage: image },
  command: ["sh", "-c", script],
  args: [],
  workingDir: "",
  envs: [{ key: "GREETING", value: "hello" }],
  mounts: [],
  devices: [],
  labels: { "io.kubernetes.pod.uid": uid, "io.kubernetes.container.name": name },
  annotations: { kind: "test" },
  logPath: `${name}/0.log`,
  stdin: false,
  stdinOnce: false,
  tty: false,
  linux: {
    resources: {},
    securityContext: {
      ...SECURITY,
      capabilities: { add: [], drop: [] },
      noNewPrivileges: false,
      maskedPaths: [],
      readonlyPaths: [],
    },
  },
});

const BEHAVIOUR = "timonier.io/behaviour";
const behaving = (config: PodSandboxConfig, behaviour: object): PodSandboxConfig => ({
  ...config,
  annotations: { ...config.annotations, [BEHAVIOUR]: JSON.stringify({ main: behaviour }) },
});
const STAYS = "trap 'exit 0' TERM; sleep 3600 & wait";

export function runtimeContract(name: string, setUp: () => Promise<RuntimeUnderTest>): void {
  describe(`${name} keeps the contract of runtimes`, () => {
    let under: RuntimeUnderTest;
    beforeAll(async () => {
      under = await setUp();
    });
    afterAll(async () => under.close());

    /** A sandbox with one container that was started. */
    async function started(script: string, behaviour: object) {
      const { runtime, image } = under;
      const sandbox = behaving(sandboxConfigFor(under), behaviour);
      const sandboxId = await under.whileTimePasses(runtime.runPodSandbox(sandbox, ""));
      const config = containerConfigFor(image, sandbox.metadata.uid, script);
      const id = await under.whileTimePasses(runtime.createContainer(sandboxId, config, sandbox));
      await under.whileTimePasses(runtime.startContainer(id));
      return { sandbox, sandboxId, id, end: () => under.whileTimePasses(runtime.removePodSandbox(sandboxId)) };
    }
    const stateOf = async (id: string) => (await under.runtime.containerStatus(id)).state;

    sandboxes(() => under);
    containers(() => under, { started, stateOf });
    traces(() => under, { started, stateOf });
    commands(() => under, { started, stateOf });
    images(() => under);
  });
}

type Started = (
  script: string,
  behaviour: object,
) => Promise<{ sandbox: PodSandboxConfig; sandboxId: string; id: string; end(): Promise<void> }>;
interface Steps {
  started: Started;
  stateOf(id: string): Promise<string>;
}

function sandboxes(get: () => RuntimeUnderTest): void {
  test("a sandbox is ready with an address, and is found again by its labels with what it was given", async () => {
    const under = get();
    const config = sandboxConfigFor(under);
    const id = await under.whileTimePasses(under.runtime.runPodSandbox(config, ""));
    const status = await under.runtime.podSandboxStatus(id);
    expect(status).toMatchObject({ state: "Ready", metadata: config.metadata, labels: config.labels });
    expect(status.annotations).toMatchObject(config.annotations);
    expect(status.ips).toHaveLength(1);
    const listed = await under.runtime.listPodSandboxes({ labels: { "io.kubernetes.pod.uid": config.metadata.uid } });
    expect(listed.map((each) => each.id)).toEqual([id]);
    await under.whileTimePasses(under.runtime.removePodSandbox(id));
  });

  test("a stopped sandbox is not ready and has no address; stopping and removing it again succeeds", async () => {
    const under = get();
    const id = await under.whileTimePasses(under.runtime.runPodSandbox(sandboxConfigFor(under), ""));
    for (const _ of [1, 2]) await under.whileTimePasses(under.runtime.stopPodSandbox(id));
    expect((await under.runtime.podSandboxStatus(id)).state).toBe("NotReady");
    for (const _ of [1, 2]) await under.whileTimePasses(under.runtime.removePodSandbox(id));
    await expect(under.runtime.podSandboxStatus(id)).rejects.toSatisfy((error) => isRuntimeError(error, "NotFound"));
  });
}

function containers(get: () => RuntimeUnderTest, { started, stateOf }: Steps): void {
  test("a container goes from created over running to exited, and says how it ended", async () => {
    const under = get();
    const { id, end } = await started("sleep 0.2; exit 3", { runs: [{ exitAfter: 0.2, exitCode: 3 }] });
    await under.until(async () => (await stateOf(id)) === "Exited");
    const status = await under.runtime.containerStatus(id);
    expect(status).toMatchObject({
      exitCode: 3,
      reason: "Error",
      metadata: { name: "main", attempt: 0 },
      annotations: { kind: "test" },
    });
    expect(status.startedAtMs).toBeGreaterThan(0);
    expect(status.finishedAtMs).toBeGreaterThanOrEqual(status.startedAtMs);
    await end();
  });

  test("a container that is told to stop may end by itself, and is killed after its grace", async () => {
    const under = get();
    const kind = await started(STAYS, { onTerm: { exitCode: 0 } });
    await under.whileTimePasses(under.runtime.stopContainer(kind.id, 10_000));
    expect(await under.runtime.containerStatus(kind.id)).toMatchObject({ state: "Exited", exitCode: 0, reason: "Completed" });
    const stubborn = await started("trap '' TERM; while :; do sleep 0.1; done", { onTerm: "ignored" });
    await under.whileTimePasses(under.runtime.stopContainer(stubborn.id, 1_000));
    expect(await under.runtime.containerStatus(stubborn.id)).toMatchObject({ state: "Exited", exitCode: 137 });
    await under.whileTimePasses(under.runtime.stopContainer(stubborn.id, 1_000));
    await kind.end();
    await stubborn.end();
  });

  test("a container that cannot be run rejects its start and has ended with StartError", async () => {
    const under = get();
    const { runtime, image } = under;
    const sandbox = sandboxConfigFor(under);
    const sandboxId = await under.whileTimePasses(runtime.runPodSandbox(sandbox, ""));
    const config = { ...containerConfigFor(image, sandbox.metadata.uid, ""), command: ["/no/such/program"] };
    const id = await under.whileTimePasses(runtime.createContainer(sandboxId, config, sandbox));
    await expect(under.whileTimePasses(runtime.startContainer(id))).rejects.toSatisfy((error) => isRuntimeError(error));
    expect(await runtime.containerStatus(id)).toMatchObject({ state: "Exited", reason: "StartError", exitCode: 128 });
    await under.whileTimePasses(runtime.removePodSandbox(sandboxId));
  });

  test("removing a sandbox ends and removes its containers", async () => {
    const under = get();
    const { id, end } = await started(STAYS, {});
    await end();
    await expect(under.runtime.containerStatus(id)).rejects.toSatisfy((error) => isRuntimeError(error, "NotFound"));
    await under.whileTimePasses(under.runtime.removeContainer(id));
  });
}

function traces(get: () => RuntimeUnderTest, { started, stateOf }: Steps): void {
  test("what happens to containers is told as events of their Pod", async () => {
    const under = get();
    const { runtime } = under;
    if (runtime.containerEvents === undefined) return;
    const events: ContainerEvent[] = [];
    const stopping = new AbortController();
    const following = runtime.containerEvents((event) => events.push(event), stopping.signal);
    const { id, sandbox, end } = await started("sleep 0.2", { runs: [{ exitAfter: 0.2 }] });
    const seen = (type: string) => events.some((event) => event.containerId === id && event.type === type);
    await under.until(() => ["Created", "Started", "Stopped"].every(seen));
    expect(events.filter((event) => event.containerId === id).map(({ podUid }) => podUid)).toContain(sandbox.metadata.uid);
    stopping.abort();
    await following;
    await end();
  });

  test("what a container writes is in its log, line by line", async () => {
    const under = get();
    const { id, end } = await started("echo one; echo two", { runs: [{ exitAfter: 0, log: "one\ntwo\n" }] });
    await under.until(async () => (await stateOf(id)) === "Exited");
    const { logPath } = await under.runtime.containerStatus(id);
    const lines: string[] = [];
    const options = { follow: false, tailLines: 1, ended: () => true, signal: new AbortController().signal };
    for await (const { bytes } of under.output.logs({ containerId: id, path: logPath }, options))
      lines.push(new TextDecoder().decode(bytes));
    expect(lines).toEqual(["two\n"]);
    await end();
  });
}

function commands(get: () => RuntimeUnderTest, { started }: Steps): void {
  test("a command in a container answers its exit code and output, and is over when its time is", async () => {
    const under = get();
    const { runtime } = under;
    const { id, end } = await started(STAYS, {});
    const done = await under.whileTimePasses(runtime.execSync(id, ["sh", "-c", "echo out; exit 4"]));
    expect({ exitCode: done.exitCode, out: new TextDecoder().decode(done.stdout) }).toEqual({ exitCode: 4, out: "out\n" });
    const slow = under.whileTimePasses(runtime.execSync(id, ["sleep", "30"], { timeoutMs: 1_000 }));
    await expect(slow).rejects.toSatisfy((error) => isRuntimeError(error, "DeadlineExceeded"));
    await end();
  });

  test("a command in a container that is not there is NotFound", async () => {
    await expect(get().runtime.execSync("0".repeat(64), ["true"])).rejects.toSatisfy((error) =>
      isRuntimeError(error, "NotFound"),
    );
  });
}

function images(get: () => RuntimeUnderTest): void {
  test("an image that is there has an id and a size; one that is not is undefined", async () => {
    const { runtime, image } = get();
    const found = await runtime.imageStatus(image);
    expect(found?.id).toMatch(/^sha256:/);
    expect(found?.sizeBytes).toBeGreaterThan(0);
    expect((await runtime.listImages()).map(({ id }) => id)).toContain(found?.id);
    expect(await runtime.imageStatus("registry.invalid/missing:1")).toBeUndefined();
  });

  test("an image from a registry that is not there cannot be pulled", async () => {
    const under = get();
    const pull = under.runtime.pullImage("registry.invalid/missing:1", undefined, sandboxConfigFor(under));
    await expect(under.whileTimePasses(pull)).rejects.toSatisfy((error) => isRuntimeError(error));
  });
}
