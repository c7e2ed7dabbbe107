/** Where limits of containers are kept. https://kubernetes.io/docs/concepts/architecture/cgroups/ */
import type { MachineFacts } from "../facts.ts";
import { type Finding, report } from "../finding.ts";

const { pass, warn, fail } = report("cgroups");

/** Without these a Pod with limits does not start. */
const NEEDED = ["cpu", "memory", "pids"];
const WISHED: Readonly<Record<"v1" | "v2", readonly string[]>> = {
  v1: ["cpuset", "blkio", "cpuacct", "devices", "freezer"],
  v2: ["cpuset", "io"],
};
const BOOT = "Add systemd.unified_cgroup_hierarchy=1 to the kernel's command line and restart the machine.";

export function checkCgroups(facts: MachineFacts): Finding[] {
  if (!facts.machine.linux) return [];
  const { version } = facts.cgroups;
  if (version === "none")
    return [
      fail(
        "cgroups",
        "No cgroup hierarchy is mounted.",
        "Without it containers cannot be limited, counted or ended as one.",
        facts.privileges.container === undefined
          ? "mount -t cgroup2 none /sys/fs/cgroup"
          : "Start the container with --privileged and --cgroupns=private.",
      ),
    ];
  return [layout(facts), ...writable(facts), controllers(facts)];
}

function layout({ cgroups: { version } }: MachineFacts): Finding {
  if (version === "v2") return pass("cgroup version", "One hierarchy of cgroups, version 2.");
  const what =
    version === "hybrid" ? "cgroups are hybrid: controllers in version 1, version 2 beside them." : "cgroups are version 1.";
  return warn(
    "cgroup version",
    what,
    "Containers run, but what needs version 2 (memory.min, pressure figures, ending a whole container when memory is short) is missing.",
    BOOT,
  );
}

function writable({ cgroups, privileges }: MachineFacts): Finding[] {
  if (cgroups.writable) return [];
  return [
    fail(
      "cgroup access",
      "The cgroup hierarchy is mounted read-only.",
      "A container's cgroup cannot be made.",
      privileges.container === undefined
        ? "mount -o remount,rw /sys/fs/cgroup"
        : "Start the container with --privileged, and with --cgroupns=private.",
    ),
  ];
}

function controllers({ cgroups }: MachineFacts): Finding {
  const kind = cgroups.version === "v2" ? "v2" : "v1";
  const [needed, wished] = [NEEDED, WISHED[kind]].map((names) => names.filter((name) => !cgroups.controllers.has(name)));
  if (needed === undefined || wished === undefined || needed.length + wished.length === 0)
    return pass("cgroup controllers", `All controllers are there: ${[...NEEDED, ...WISHED[kind]].join(", ")}.`);
  const missing = [...needed, ...wished];
  const off = missing.filter((name) => cgroups.switchedOff.has(name));
  const how =
    off.length > 0
      ? `Add ${off.map((name) => `cgroup_enable=${name}`).join(" ")}${off.includes("memory") ? " cgroup_memory=1" : ""} to the kernel's command line and restart the machine.`
      : kind === "v2"
        ? "Enable them in the cgroup above: systemd's Delegate=yes, or a container with --cgroupns=private."
        : "Mount them beneath /sys/fs/cgroup, or use a kernel that has them.";
  const what = `Missing cgroup controllers: ${missing.join(", ")}.`;
  return needed.length > 0
    ? fail("cgroup controllers", what, `Pods with limits do not start without ${needed.join(", ")}.`, how)
    : warn("cgroup controllers", what, "Limits of that kind have no effect.", how);
}
