/**
 * Gives every node a range of its own for its Pods, out of the cluster's.
 *
 * What is taken is what nodes say in spec.podCIDR, read anew from the informer at each decision, so nothing is kept that a restart
 * would lose; one worker, so no range is given twice.
 * https://kubernetes.io/docs/concepts/cluster-administration/networking/
 */
import { Node } from "../api/core/node.ts";
import { ipv4Range, ipv4Text } from "../base/ipv4.ts";
import type { AnyController, Reconcile } from "./controller.ts";

/** A node gets 256 addresses, as upstream's default. */
const NODE_BITS = 24;
const NODE_SIZE = 2 ** (32 - NODE_BITS);

/** The ranges of nodes within the cluster's, in order. */
function* rangesOf(podCidr: string): Iterable<string> {
  const { start, size } = ipv4Range(podCidr);
  for (let offset = 0; offset + NODE_SIZE <= size; offset += NODE_SIZE) yield `${ipv4Text(start + offset)}/${NODE_BITS}`;
}

/** The first range that no node has. Pure. */
export function freeRange(podCidr: string, taken: ReadonlySet<string>): string | undefined {
  for (const range of rangesOf(podCidr)) if (!taken.has(range)) return range;
  return undefined;
}

export function nodeIpamController(podCidr: string): AnyController {
  /** Given, and not shown by the informer yet. */
  const pending = new Map<string, string>();

  const reconcile: Reconcile<Node> = async (node, { client, listers, events }) => {
    if (node.spec.podCIDR || node.metadata.deletionTimestamp) {
      pending.delete(node.metadata.name);
      return;
    }
    const taken = new Set(pending.values());
    for (const { spec } of listers.list(Node)) if (spec.podCIDR) taken.add(spec.podCIDR);
    const range = freeRange(podCidr, taken);
    if (range === undefined) {
      events.event(node, "Normal", "CIDRNotAvailable", `Node ${node.metadata.name} status is now: CIDRNotAvailable`);
      return;
    }
    pending.set(node.metadata.name, range);
    try {
      await client.patch(Node, { name: node.metadata.name }, "strategic", { spec: { podCIDR: range, podCIDRs: [range] } });
    } catch (error) {
      pending.delete(node.metadata.name);
      throw error;
    }
  };

  return {
    name: "node-ipam-controller",
    account: "node-controller",
    reconciles: Node,
    wokenBy: [],
    workers: 1,
    reconcile,
    forget: (key) => void pending.delete(key),
  };
}
