/** The contract of runtimes, on a real containerd. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "vitest";
import { realClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { loadImages, startContainerd } from "../../src/kubelet/containerd/index.ts";
import { logFiles } from "../../src/kubelet/host/log-files.ts";
import { type RuntimeUnderTest, runtimeContract } from "../../src/kubelet/runtime/contract.ts";
import { criRuntime } from "../../src/kubelet/runtime/cri/cri-runtime.ts";
import { BUSYBOX, busyboxArchive } from "./busybox-image.ts";
import { openNamespaces, until, whyNot } from "./namespaces.ts";
import { sandboxConfig } from "./pods.ts";

async function setUp(): Promise<RuntimeUnderTest> {
  const namespaces = await openNamespaces();
  const containerd = await startContainerd({
    dataDirectory: namespaces.directory,
    machine: namespaces.machine,
    network: { podCidrs: ["10.252.0.0/24"], bridge: "timonier-test" },
    clock: realClock,
    logger: silentLogger,
  });
  const runtime = await criRuntime({ endpoint: containerd.endpoint, clock: realClock });
  const archive = join(namespaces.directory, "busybox.tar");
  await writeFile(archive, await busyboxArchive());
  await loadImages(containerd.importer, runtime, archive, realClock);
  return {
    runtime,
    output: logFiles(realClock),
    image: BUSYBOX,
    until: (done) => until("the contract's condition", done),
    whileTimePasses: (work) => work,
    logDirectory: namespaces.logs,
    sandbox: { linux: sandboxConfig("contract", namespaces).linux },
    async close() {
      await runtime.close();
      containerd.leave();
      await namespaces.release().finally(() => namespaces.close());
    },
  };
}

const missing = await whyNot();
if (missing === undefined) runtimeContract("containerd behind the CRI", setUp);
else describe.skipIf(true)(`containerd behind the CRI (${missing})`, () => test("keeps the contract of runtimes", () => {}));
