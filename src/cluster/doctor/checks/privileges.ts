/** Whether this process may do what a node does. https://man7.org/linux/man-pages/man7/capabilities.7.html */
import { obstacles } from "../../../kubelet/containerd/index.ts";
import type { MachineFacts } from "../facts.ts";
import { type Finding, report } from "../finding.ts";

const { pass, warn, fail } = report("privileges");

const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;
const CAP_SYS_RESOURCE = 24n;

const has = (capabilities: bigint, bit: bigint): boolean => ((capabilities >> bit) & 1n) === 1n;

export function checkPrivileges(facts: MachineFacts): Finding[] {
  const { machine, privileges } = facts;
  const missing = new Set(obstacles(machine).map(({ part }) => part));
  if (missing.has("linux"))
    return [
      fail(
        "operating system",
        "This is not Linux.",
        "Containers are processes of a Linux kernel.",
        "Use a Linux machine, a virtual machine or WSL 2; `timonier up --runtime simulated` runs here as it is.",
      ),
    ];
  if (missing.has("root"))
    return [
      fail(
        "root",
        "This process does not run as root.",
        "A node mounts file systems, makes network devices and cgroups.",
        "sudo timonier up; or `timonier up --runtime simulated`, which needs no root.",
      ),
    ];
  const where = privileges.container === undefined ? "" : ` (we are in a container: ${privileges.container})`;
  return [pass("root", `This process runs as root${where}.`), ...capabilities(facts), ...mounting(facts)];
}

/** What to do in a container, or under a supervisor that takes rights away. */
const howToGain = ({ privileges }: MachineFacts, capability: string): string =>
  privileges.container === undefined
    ? `Let whatever starts this process keep ${capability} (systemd: CapabilityBoundingSet, AmbientCapabilities).`
    : `Start the container with --privileged, or at least with --cap-add ${capability}.`;

function capabilities(facts: MachineFacts): Finding[] {
  const { capabilities: bits } = facts.privileges;
  const needed = (name: string, bit: bigint, why: string): Finding =>
    has(bits, bit) ? pass(name, `${name} is there.`) : fail(name, `${name} is missing.`, why, howToGain(facts, name));
  return [
    needed("CAP_NET_ADMIN", CAP_NET_ADMIN, "Without it no network device, route or nftables rule can be made for Pods."),
    needed("CAP_SYS_ADMIN", CAP_SYS_ADMIN, "Without it nothing can be mounted and no namespace be made."),
    has(bits, CAP_SYS_RESOURCE)
      ? pass("CAP_SYS_RESOURCE", "CAP_SYS_RESOURCE is there.")
      : warn(
          "CAP_SYS_RESOURCE",
          "CAP_SYS_RESOURCE is missing.",
          "Pods of the Guaranteed class are not protected from the kernel's out-of-memory killer; all else works.",
          howToGain(facts, "CAP_SYS_RESOURCE"),
        ),
  ];
}

function mounting(facts: MachineFacts): Finding[] {
  const { mount } = facts.privileges;
  if (mount === undefined) return [];
  if (mount.works) return [pass("mounting", "File systems can be mounted.")];
  return [
    fail(
      "mounting",
      `File systems cannot be mounted: ${mount.why}.`,
      "Every container has mounts of its own: its root, its volumes, /proc.",
      howToGain(facts, "CAP_SYS_ADMIN"),
    ),
  ];
}
