/**
 * A Pod's host ports: rules like those of a node port, with one endpoint. The client keeps its address, as with the portmap plugin.
 * https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/#support-hostport
 */
import { isIPv4 } from "../../api/names.ts";
import { HAIRPIN, NODE_PORTS, SERVICE_ADDRESSES } from "../node/base-ruleset.ts";
import type { DatagramRoute, LoopbackPort, ServiceRules } from "./model.ts";

export interface HostPort {
  protocol: "TCP" | "UDP" | "SCTP";
  hostPort: number;
  /** Absent, empty or 0.0.0.0: every address of the node. */
  hostIP?: string;
  containerPort: number;
}

const LOOPBACK = /^127\./;

/** Rules by the Pod's uid: a name that no Service has. */
export function compileHostPorts(podUid: string, podIP: string, ports: readonly HostPort[]): ServiceRules {
  const chains = new Map<string, readonly string[]>();
  const elements = new Map<string, string>();
  const loopbackPorts: LoopbackPort[] = [];
  const datagramRoutes: DatagramRoute[] = [];
  for (const { protocol: upper, hostPort, hostIP = "", containerPort } of ports) {
    const protocol = upper.toLowerCase();
    const everywhere = hostIP === "" || hostIP === "0.0.0.0";
    const endpoints = [{ ip: podIP, port: containerPort }];
    const chain = `host-port/${podUid}/${protocol}/${hostPort}`;
    if (protocol === "tcp" && (everywhere || LOOPBACK.test(hostIP)))
      loopbackPorts.push({ port: hostPort, endpoints, affinitySeconds: undefined });
    if (!everywhere && (LOOPBACK.test(hostIP) || !isIPv4(hostIP))) continue;
    chains.set(chain, [`meta l4proto ${protocol} dnat ip to ${podIP}:${containerPort}`]);
    elements.set(
      everywhere ? `${NODE_PORTS} ${protocol} . ${hostPort}` : `${SERVICE_ADDRESSES} ${protocol} . ${hostIP} . ${hostPort}`,
      `goto ${chain}`,
    );
    elements.set(`${HAIRPIN} ${podIP} . ${podIP}`, "");
    if (protocol === "udp") datagramRoutes.push({ address: everywhere ? undefined : hostIP, port: hostPort, endpoints });
  }
  return { chains, affinitySets: new Set(), elements, loopbackPorts, datagramRoutes };
}
