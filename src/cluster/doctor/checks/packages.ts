/** Programs that a node calls: what `timonier up` refuses for, and what is missed later. */
import { CNI_DIRECTORIES, type MissingPart, obstacles } from "../../../kubelet/containerd/index.ts";
import { howToInstall, type Package } from "../distribution.ts";
import type { MachineFacts } from "../facts.ts";
import { type Finding, report } from "../finding.ts";

const { pass, warn, fail } = report("packages");

type Program = Exclude<MissingPart, "linux" | "root">;

const WHY: Readonly<Record<Program, string>> = {
  containerd: "It pulls images and looks after containers; Timonier runs one of its own beneath the data directory.",
  ctr: "It is containerd's client, with which images are loaded from archives.",
  runc: "It makes the processes of containers.",
  cni: "They connect Pods to the node's bridge and give them addresses.",
  nft: "Services are nftables rules, and so is what keeps packets on the machine.",
  ip: "It makes the node's network device and routes.",
  mount: "Volumes are mounts.",
};

/** The oldest that speak the CRI v1 API. */
const OLDEST_CONTAINERD = [1, 6] as const;

export function checkPackages(facts: MachineFacts): Finding[] {
  const { machine, distribution } = facts;
  const missing = new Set(obstacles(machine).map(({ part }) => part));
  const lacks = (name: Package, what: string, why: string): Finding => ({
    ...fail(name, what, why, howToInstall(distribution, [name])),
    packages: [name],
  });
  const found: Readonly<Record<Program, string | undefined>> = {
    containerd: machine.containerd && `${machine.containerd.path}, version ${machine.containerd.version}`,
    ctr: machine.ctr,
    runc: machine.runc,
    cni: machine.cniPlugins,
    ...machine.tools,
  };
  const programs = (Object.keys(WHY) as Program[]).map((name) => {
    if (!missing.has(name)) return pass(name, `${name === "cni" ? "CNI plugins are" : `${name} is`} in ${found[name]}.`);
    const where = CNI_DIRECTORIES.join(", ");
    return lacks(
      name,
      name === "cni" ? `The CNI plugins bridge and host-local are in none of ${where}.` : `${name} is not installed.`,
      WHY[name],
    );
  });
  return [...programs, ...version(facts), conntrack(facts)];
}

function version({ machine, distribution }: MachineFacts): Finding[] {
  const text = machine.containerd?.version;
  const [major = 0, minor = 0] = text?.split(".").map(Number) ?? [];
  const [oldestMajor, oldestMinor] = OLDEST_CONTAINERD;
  if (text === undefined || major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return [];
  return [
    fail(
      "containerd version",
      `containerd ${text} is older than ${oldestMajor}.${oldestMinor}.`,
      "It does not speak version 1 of the container runtime interface.",
      `Update it: ${howToInstall(distribution, ["containerd"])}`,
    ),
  ];
}

function conntrack({ machine, distribution }: MachineFacts): Finding {
  const { conntrack: path } = machine.tools;
  if (path !== undefined) return pass("conntrack", `conntrack is in ${path}.`);
  return {
    ...warn(
      "conntrack",
      "conntrack is not installed.",
      "UDP clients that keep sending are not led to new endpoints when those of a Service change.",
      howToInstall(distribution, ["conntrack"]),
    ),
    packages: ["conntrack"],
  };
}
