/** The limits of Pods as a whole, and the share of those that ask for nothing: written on nodes with a machine beneath them. */
import type { Host } from "../host/host.ts";
import type { PodConfigs } from "../pod/context.ts";
import type { LinuxContainerResources } from "../runtime/config.ts";
import { cgroupParentOf, qosClassOf } from "./qos.ts";
import { podResources } from "./resources.ts";

/** What asks for nothing gets what the others leave. */
const BEST_EFFORT: LinuxContainerResources = { cpuShares: 2 };

/** Absent means unlimited. */
const larger = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.max(a, b);

function largest(a: LinuxContainerResources, b: LinuxContainerResources): LinuxContainerResources {
  const [quota, memory] = [larger(a.cpuQuota, b.cpuQuota), larger(a.memoryLimitBytes, b.memoryLimitBytes)];
  return {
    cpuShares: Math.max(a.cpuShares ?? 0, b.cpuShares ?? 0),
    ...(quota === undefined ? {} : { cpuQuota: quota, cpuPeriod: a.cpuPeriod ?? b.cpuPeriod ?? 0 }),
    ...(memory === undefined ? {} : { memoryLimitBytes: memory }),
  };
}

export function podCgroups({
  host,
  cgroupRoot,
}: {
  host: Host | undefined;
  cgroupRoot: string;
}): Pick<PodConfigs, "openCgroup" | "growCgroup" | "closeCgroup"> {
  /** By the Pod's uid. */
  const written = new Map<string, LinuxContainerResources>();
  return {
    async openCgroup(pod) {
      const resources = podResources(pod);
      if (qosClassOf(pod) === "BestEffort") await host?.setCgroup(`${cgroupRoot}/besteffort`, BEST_EFFORT);
      await host?.setCgroup(cgroupParentOf(pod, cgroupRoot), resources);
      written.set(pod.metadata.uid, resources);
    },
    async growCgroup(pod) {
      const before = written.get(pod.metadata.uid);
      const wanted = podResources(pod);
      const none: LinuxContainerResources = { cpuShares: wanted.cpuShares ?? 0 };
      await host?.setCgroup(cgroupParentOf(pod, cgroupRoot), before === undefined ? none : largest(before, wanted));
    },
    async closeCgroup(pod) {
      written.delete(pod.metadata.uid);
      await host?.removeCgroup(cgroupParentOf(pod, cgroupRoot));
    },
  };
}
