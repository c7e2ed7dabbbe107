/** What of the kernel is there, found out by trying it in namespaces that nobody sees. */
import type { Feature, MachineFacts, Trial } from "../facts.ts";
import { FEATURES } from "../facts.ts";
import { type Finding, report } from "../finding.ts";

const { pass, warn, fail } = report("kernel");

interface Need {
  readonly name: string;
  /** Whether containers can do without. */
  readonly must: boolean;
  readonly why: string;
  /** Empty where it is no module. */
  readonly modules: readonly string[];
  /** The kernel's own name for it. */
  readonly option: string;
}

const NEEDS: Readonly<Record<Feature, Need>> = {
  overlay: {
    name: "overlayfs",
    must: false,
    why: "Images are copied for each container instead: slow, and each needs the whole image's space.",
    modules: ["overlay"],
    option: "CONFIG_OVERLAY_FS",
  },
  veth: {
    name: "veth",
    must: true,
    why: "It is the cable between a Pod and its node.",
    modules: ["veth"],
    option: "CONFIG_VETH",
  },
  bridge: { name: "bridge", must: true, why: "Pods of a node meet on it.", modules: ["bridge"], option: "CONFIG_BRIDGE" },
  nftables: {
    name: "nftables",
    must: true,
    why: "Services are nftables rules, and so is what keeps packets on the machine.",
    modules: ["nf_tables", "nft_chain_nat", "nft_masq", "nft_fib_ipv4", "nft_ct", "nft_reject_ipv4"],
    option: "CONFIG_NF_TABLES, CONFIG_NFT_NAT, CONFIG_NFT_MASQ, CONFIG_NFT_FIB_IPV4, CONFIG_NFT_CT, CONFIG_NFT_REJECT",
  },
  bridgeFiltering: {
    name: "br_netfilter",
    must: false,
    why: "Packets between Pods of this node that go through a Service carry the node's address instead of the Pod's.",
    modules: ["br_netfilter"],
    option: "CONFIG_BRIDGE_NETFILTER",
  },
  seccomp: {
    name: "seccomp",
    must: false,
    why: "Pods with a seccomp profile, RuntimeDefault among them, do not start.",
    modules: [],
    option: "CONFIG_SECCOMP_FILTER",
  },
  userNamespaces: {
    name: "user namespaces",
    must: false,
    why: "Pods with `hostUsers: false` do not start.",
    modules: [],
    option: "CONFIG_USER_NS, and a user.max_user_namespaces above 0",
  },
  vxlan: {
    name: "VXLAN",
    must: false,
    why: "Pods on several servers reach each other through it; on one machine nothing is missed.",
    modules: ["vxlan"],
    option: "CONFIG_VXLAN",
  },
};

export const modulesOf = (feature: Feature): readonly string[] => NEEDS[feature].modules;

export function checkKernel(facts: MachineFacts): Finding[] {
  if (!facts.machine.linux) return [];
  return FEATURES.map((feature) => judge(facts, NEEDS[feature], facts.kernel.trials[feature]));
}

function judge(facts: MachineFacts, need: Need, trial: Trial | undefined): Finding {
  if (trial?.works) return pass(need.name, `The kernel has ${need.name}.`);
  if (trial === undefined)
    return warn(
      need.name,
      `Whether the kernel has ${need.name} could not be tried.`,
      need.why,
      facts.machine.root ? "Install the packages named above, and ask again." : "Ask again as root.",
    );
  const { how, modules } = remedy(facts, need);
  const finding = (need.must ? fail : warn)(need.name, `The kernel lacks ${need.name}: ${trial.why}.`, need.why, how);
  return modules.length === 0 ? finding : { ...finding, modules };
}

/** The module where there is one to load; else what is wrong with the kernel. */
function remedy({ kernel, privileges }: MachineFacts, { modules, option }: Need): { how: string; modules: readonly string[] } {
  const loadable = modules.filter((each) => kernel.loadable.has(each));
  if (loadable.length > 0)
    return {
      how: `modprobe -a ${loadable.join(" ")}; to keep it, name it in /etc/modules-load.d/timonier.conf`,
      modules: loadable,
    };
  if (privileges.container !== undefined && modules.length > 0)
    return { how: `On the machine outside this container: modprobe -a ${modules.join(" ")}`, modules: [] };
  if (!kernel.moduleDirectory && modules.length > 0)
    return {
      how: `There are no modules for kernel ${kernel.release}: after an update restart the machine; else use a kernel with ${option}.`,
      modules: [],
    };
  return { how: `Use a kernel with ${option}.`, modules: [] };
}
