/**
 * The Pod network of one node as CNI configuration: a bridge, and addresses from the node's Pod range. Masquerade and host ports are
 * rules of our own (network/), so neither `ipMasq` nor the portmap plugin is used.
 *
 * https://www.cni.dev/docs/spec/
 */
export interface CniOptions {
  /** The node's Pod range; with two families, both. */
  podCidrs: readonly string[];
  /** Name of the bridge, at most 15 letters. */
  bridge: string;
  /** Directory in which the addresses in use are noted. */
  addressDirectory: string;
}

export const CNI_CONFIG_FILE = "10-timonier.conflist";

export function cniConfig({ podCidrs, bridge, addressDirectory }: CniOptions): string {
  const families = [
    { cidrs: podCidrs.filter((cidr) => !cidr.includes(":")), route: "0.0.0.0/0" },
    { cidrs: podCidrs.filter((cidr) => cidr.includes(":")), route: "::/0" },
  ].filter(({ cidrs }) => cidrs.length > 0);
  const plugin = {
    type: "bridge",
    bridge,
    isGateway: true,
    // A Pod reaches itself through its Service.
    hairpinMode: true,
    ipam: {
      type: "host-local",
      dataDir: addressDirectory,
      ranges: families.map(({ cidrs }) => cidrs.map((subnet) => ({ subnet }))),
      routes: families.map(({ route }) => ({ dst: route })),
    },
  };
  return `${JSON.stringify({ cniVersion: "1.0.0", name: "timonier", plugins: [plugin] }, null, 2)}\n`;
}
