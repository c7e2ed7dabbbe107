/**
 * The part of our nft table that does not depend on any Service: hooks, empty maps, and the rules by which nothing leaks.
 *
 * Everything is in one table of the `ip` family. The proxy adds elements and chains, and never touches what stands here. Cost per new
 * connection is a few hash lookups however many Services there are; packets of established connections pass the filter rules alone.
 *
 * https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-nftables
 */
export interface BaseRulesetOptions {
  /** Our own device. */
  device: string;
  nodeAddress: string;
  podCidr: string;
  serviceCidr: string;
  /** Devices behind which Pods are; packets for Pods may leave by no other. */
  podDevices: readonly string[];
  /** Whether packets between two Pods of one bridge pass the ip hooks. Where not, answers would bypass the translation. */
  bridgeFiltering: boolean;
}

export const TABLE = "ip timonier";

/** Names of maps and sets that the proxy fills, with the types of their keys. */
export const SERVICE_ADDRESSES = "service-addresses";
export const NODE_PORTS = "node-ports";
export const UNSERVED_ADDRESSES = "unserved-addresses";
export const UNSERVED_NODE_PORTS = "unserved-node-ports";
export const HAIRPIN = "hairpin";

/** Chains that the proxy's rules may go to. */
export const REFUSE = "refuse";
/** The bit of the packet mark by which postrouting knows what to masquerade: the one kube-proxy takes by default. */
const MASQUERADE_MARK = "0x4000";
export const MARK_FOR_MASQUERADE = `meta mark set meta mark | ${MASQUERADE_MARK}`;

const ADDRESS_KEY = "meta l4proto . ip daddr . th dport";
const PORT_KEY = "meta l4proto . th dport";
/** Loopback has no translation: a relay of the agent listens there, and no packet with a loopback source leaves the host. */
const NODE_ADDRESS = "fib daddr type local ip daddr != 127.0.0.0/8";

interface Chain {
  name: string;
  hook?: string;
  rules: readonly string[];
}

const TRANSLATE = [`${ADDRESS_KEY} vmap @${SERVICE_ADDRESSES}`, `${NODE_ADDRESS} ${PORT_KEY} vmap @${NODE_PORTS}`];

/** Behind the translation only packets without an endpoint still carry a Service's address. */
const refuseUnserved = (serviceCidr: string): string[] => [
  "ct state established,related accept",
  `${ADDRESS_KEY} vmap @${UNSERVED_ADDRESSES}`,
  `ip daddr ${serviceCidr} goto ${REFUSE}`,
];

const refuseUnservedNodePorts = `${NODE_ADDRESS} ${PORT_KEY} vmap @${UNSERVED_NODE_PORTS}`;

function masquerades({ podCidr, bridgeFiltering }: BaseRulesetOptions): string[] {
  return [
    `meta mark & ${MASQUERADE_MARK} != 0 meta mark set meta mark ^ ${MASQUERADE_MARK} masquerade fully-random`,
    // A Pod that reached itself through a Service: with its own address as source its answer would not come back translated.
    `ct status dnat ip saddr . ip daddr @${HAIRPIN} masquerade fully-random`,
    ...(bridgeFiltering ? [] : [`ct status dnat ip saddr ${podCidr} ip daddr ${podCidr} masquerade fully-random`]),
    `ip saddr ${podCidr} ip daddr != { ${podCidr}, 224.0.0.0/4, 255.255.255.255 } fib saddr type != local masquerade fully-random`,
  ];
}

function chains(options: BaseRulesetOptions): Chain[] {
  const { podCidr, serviceCidr } = options;
  const strayPod = `ip daddr ${podCidr} oifname != @pod-devices fib daddr type != local`;
  const refuseStrayPods = `${strayPod} reject with icmp host-unreachable`;
  return [
    { name: REFUSE, rules: ["meta l4proto tcp reject with tcp reset", "reject with icmp port-unreachable"] },
    { name: "nat-prerouting", hook: "type nat hook prerouting priority dstnat; policy accept;", rules: TRANSLATE },
    { name: "nat-output", hook: "type nat hook output priority -100; policy accept;", rules: TRANSLATE },
    { name: "nat-postrouting", hook: "type nat hook postrouting priority srcnat; policy accept;", rules: masquerades(options) },
    {
      name: "filter-input",
      hook: "type filter hook input priority filter; policy accept;",
      rules: ["ct state established,related accept", refuseUnservedNodePorts],
    },
    {
      name: "filter-forward",
      hook: "type filter hook forward priority filter; policy accept;",
      rules: [refuseStrayPods, ...refuseUnserved(serviceCidr)],
    },
    {
      name: "filter-output",
      hook: "type filter hook output priority filter; policy accept;",
      rules: [refuseStrayPods, ...refuseUnserved(serviceCidr), refuseUnservedNodePorts],
    },
    {
      // A local packet that was translated still has its first route's device in the output hook: here it has the one it leaves by.
      name: "filter-postrouting",
      hook: "type filter hook postrouting priority 300; policy accept;",
      rules: [`${strayPod} drop`],
    },
  ];
}

/** A map or set: the keyword under which it is made, and what it holds. */
const HELD: readonly [keyword: "map" | "set", name: string, holds: string][] = [
  ["map", SERVICE_ADDRESSES, "type inet_proto . ipv4_addr . inet_service : verdict;"],
  ["map", NODE_PORTS, "type inet_proto . inet_service : verdict;"],
  ["map", UNSERVED_ADDRESSES, "type inet_proto . ipv4_addr . inet_service : verdict;"],
  ["map", UNSERVED_NODE_PORTS, "type inet_proto . inet_service : verdict;"],
  ["set", HAIRPIN, "type ipv4_addr . ipv4_addr;"],
  ["set", "pod-devices", "type ifname;"],
];

/**
 * Commands for `nft -f -` that bring the base in, in one transaction. Sent again they change nothing: what the proxy put into the maps
 * stays, so a restarted agent interrupts nobody.
 */
export function baseRuleset(options: BaseRulesetOptions): string {
  const all = chains(options);
  // Neither lo nor our own device carries anything away.
  const devices = ["lo", options.device, ...options.podDevices].map((device) => `"${device}"`).join(", ");
  return `${[
    `add table ${TABLE}`,
    ...HELD.map(([keyword, name, holds]) => `add ${keyword} ${TABLE} ${name} { ${holds} }`),
    `flush set ${TABLE} pod-devices`,
    `add element ${TABLE} pod-devices { ${devices} }`,
    ...all.map(({ name, hook }) => `add chain ${TABLE} ${name}${hook === undefined ? "" : ` { ${hook} }`}`),
    ...all.flatMap(({ name, rules }) => [
      `flush chain ${TABLE} ${name}`,
      ...rules.map((rule) => `add rule ${TABLE} ${name} ${rule}`),
    ]),
  ].join("\n")}\n`;
}

/** Makes way for a table from scratch, within the same transaction: there is no moment without rules. */
export const DELETE_TABLE = `add table ${TABLE}\ndelete table ${TABLE}\n`;
