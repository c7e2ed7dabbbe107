/** Run inside the namespaces by tests. Arguments: claim or release, data directory, cgroup. */
import { realClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { claimHostPaths, releaseContainerd, releaseHostPaths } from "../../src/kubelet/containerd/index.ts";

const [command, dataDirectory = "", cgroupRoot = ""] = process.argv.slice(2);
// The clock's timers do not keep a process alive.
const alive = setInterval(() => {}, 1000);
if (command === "claim") await claimHostPaths(dataDirectory);
else {
  await releaseContainerd({
    dataDirectory,
    cgroupRoot,
    mountDirectories: [],
    deleteFiles: true,
    graceMs: 0,
    clock: realClock,
    logger: silentLogger,
  });
  await releaseHostPaths(dataDirectory);
}
clearInterval(alive);
