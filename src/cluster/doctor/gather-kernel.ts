/** Tries what containers need of the kernel, each in a namespace that goes with the try. */
import { release } from "node:os";
import { carriesOverlay, type Machine } from "../../kubelet/containerd/index.ts";
import { baseRuleset } from "../../network/node/base-ruleset.ts";
import { DEVICE } from "../agent-config.ts";
import { DEFAULT_SERVICE_CIDR } from "../config.ts";
import { modulesOf } from "./checks/kernel.ts";
import { FEATURES, type Feature, type KernelFacts, type Plan, type Trial } from "./facts.ts";
import { ask, exists, numberIn, textOf } from "./reading.ts";

export interface KernelOptions {
  machine: Machine;
  plan: Plan;
  /** A directory on the file system on which images will be. */
  place: string;
}

const YES: Trial = { works: true };
const no = (why: string): Trial => ({ works: false, why });

export async function gatherKernel(options: KernelOptions): Promise<KernelFacts> {
  const kernel = release();
  const directory = `/lib/modules/${kernel}`;
  const [trials, moduleDirectory, index] = await Promise.all([
    tryAll(options),
    exists(directory),
    textOf(`${directory}/modules.dep`),
  ]);
  const names = FEATURES.flatMap(modulesOf);
  // A module's file has dashes where its name has underscores, or not.
  const loadable = names.filter((name) => new RegExp(`/${name.replaceAll("_", "[-_]")}\\.ko(\\.\\w+)?:`).test(index));
  return { release: kernel, trials, moduleDirectory, loadable: new Set(loadable) };
}

async function tryAll(options: KernelOptions): Promise<KernelFacts["trials"]> {
  const { root, linux } = options.machine;
  if (!linux) return {};
  const open = await readableTrials();
  if (!root) return open;
  const [veth, bridge, vxlan, nftables, overlay, userNamespaces] = await Promise.all([
    tryDevice(["type", "veth", "peer", "name", "tried1"]),
    tryDevice(["type", "bridge"]),
    tryDevice(["type", "vxlan", "id", "1", "dstport", "4789"]),
    tryRuleset(options),
    tryOverlay(options.place),
    inNamespace("--user", ["true"]),
  ]);
  const tried: [Feature, Trial | undefined][] = Object.entries({
    veth,
    bridge,
    vxlan,
    nftables,
    overlay,
    userNamespaces: open.userNamespaces?.works === false ? open.userNamespaces : userNamespaces,
  }) as [Feature, Trial | undefined][];
  return { ...open, ...Object.fromEntries(tried.filter(([, trial]) => trial !== undefined)) };
}

/** What can be read without any rights. */
async function readableTrials(): Promise<KernelFacts["trials"]> {
  const [seccomp, filtering, namespaces] = await Promise.all([
    exists("/proc/sys/kernel/seccomp/actions_avail"),
    exists("/proc/sys/net/bridge/bridge-nf-call-iptables"),
    numberIn("/proc/sys/user/max_user_namespaces"),
  ]);
  return {
    seccomp: seccomp ? YES : no("/proc/sys/kernel/seccomp is not there"),
    bridgeFiltering: filtering ? YES : no("/proc/sys/net/bridge is not there"),
    ...(namespaces === 0 ? { userNamespaces: no("user.max_user_namespaces is 0") } : {}),
  };
}

/** Undefined where the programs are missing with which it is tried. */
async function inNamespace(kind: "--net" | "--mount" | "--user", command: readonly string[], input?: string) {
  const answer = await ask("unshare", [kind, ...command], input);
  if (answer === undefined || /No such file or directory|not found/.test(answer.why)) return undefined;
  return answer.ok ? YES : no(answer.why);
}

const tryDevice = (kind: readonly string[]) => inNamespace("--net", ["ip", "link", "add", "tried0", ...kind]);

/** The rules themselves that a node begins with. */
const tryRuleset = ({ plan }: KernelOptions) =>
  inNamespace(
    "--net",
    ["nft", "-f", "-"],
    baseRuleset({
      device: DEVICE,
      nodeAddress: plan.nodeAddress,
      podCidr: plan.podCidr,
      serviceCidr: DEFAULT_SERVICE_CIDR,
      podDevices: [plan.podDevice],
      bridgeFiltering: true,
    }),
  );

async function tryOverlay(place: string): Promise<Trial | undefined> {
  try {
    return (await carriesOverlay(place)) ? YES : no(`it cannot be mounted on the file system of ${place}`);
  } catch {
    return undefined;
  }
}

export const tryMount = (): Promise<Trial | undefined> => inNamespace("--mount", ["mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
