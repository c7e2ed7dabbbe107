import { describe, expect, test } from "vitest";
import { seededEntropy } from "../../../base/entropy.ts";
import { virtualClock } from "../../../base/virtual-clock.ts";
import { containerConfigFor, type RuntimeUnderTest, runtimeContract, sandboxConfigFor } from "../contract.ts";
import { addresses } from "./addresses.ts";
import { simulatedRuntime } from "./simulated-runtime.ts";

async function simulated(): Promise<RuntimeUnderTest> {
  const clock = virtualClock();
  const runtime = simulatedRuntime({ clock, entropy: seededEntropy(1) });
  return {
    runtime,
    output: runtime.output,
    image: "registry.k8s.io/e2e-test-images/busybox:1.37.0-1",
    logDirectory: "/var/log/pods",
    async until(done) {
      expect(await clock.advanceUntil(done, 60_000)).toBe(true);
    },
    async whileTimePasses(work) {
      let settled = false;
      const end = (): void => {
        settled = true;
      };
      work.then(end, end);
      await clock.advanceUntil(() => settled, 60_000);
      return work;
    },
    close: () => runtime.close(),
  };
}

runtimeContract("the simulated runtime", simulated);

describe("the simulated runtime", () => {
  test("an image that a test made crash ends its containers as said, unless the Pod says otherwise", async () => {
    const under = await simulated();
    const clock = virtualClock();
    const runtime = simulatedRuntime({ clock, entropy: seededEntropy(1) });
    runtime.image("api:broken").isPresent().crashes({ after: "2s", exitCode: 7 });
    const config = sandboxConfigFor(under);
    const sandbox = await runtime.runPodSandbox(config, "");
    const id = await runtime.createContainer(sandbox, containerConfigFor("api:broken", "uid", "serve"), config);
    await runtime.startContainer(id);
    await clock.advance(1_999);
    expect((await runtime.containerStatus(id)).state).toBe("Running");
    await clock.advance(1);
    expect(await runtime.containerStatus(id)).toMatchObject({ state: "Exited", exitCode: 7 });
  });

  test("an address that was given back is not the next to be given out", () => {
    const pool = addresses("10.1.2.0/29");
    const [first, second] = [pool.allocate(), pool.allocate()];
    expect([first, second]).toEqual(["10.1.2.2", "10.1.2.3"]);
    pool.release("10.1.2.2");
    expect([pool.allocate(), pool.allocate(), pool.allocate(), pool.allocate(), pool.allocate()]).toEqual([
      "10.1.2.4",
      "10.1.2.5",
      "10.1.2.6",
      "10.1.2.2",
      undefined,
    ]);
  });
});
