/**
 * Field errors of a NetworkPolicy.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */

import type { DeepReadonly } from "../../base/readonly.ts";
import { cidrErrors, containsRange, parseRange } from "../addresses.ts";
import type * as networking from "../generated/networking-v1.ts";
import { portNameErrors, portNumberErrors } from "../names.ts";
import { follows, oneOf, validateLabelSelector } from "../validation.ts";
import type { Report } from "../validation-report.ts";

const PROTOCOLS = ["TCP", "UDP", "SCTP"];

function validatePort({ protocol, port, endPort }: DeepReadonly<networking.NetworkPolicyPort>, report: Report): void {
  if (protocol !== undefined) oneOf(protocol, PROTOCOLS, report.at("protocol"));
  const end = report.at("endPort");
  if (typeof port === "number") {
    for (const complaint of portNumberErrors(port)) report.at("port").invalid(port, complaint);
    if (endPort === undefined) return;
    if (endPort < port) end.invalid(port, "must be greater than or equal to `port`");
    for (const complaint of portNumberErrors(endPort)) end.invalid(endPort, complaint);
  } else {
    if (port !== undefined) follows(port, portNameErrors, report.at("port"));
    if (endPort !== undefined)
      end.invalid(endPort, `may not be specified when \`port\` is ${port === undefined ? "not specified" : "non-numeric"}`);
  }
}

function validateBlock({ cidr, except = [] }: DeepReadonly<networking.IPBlock>, report: Report): void {
  if (!cidr) return report.at("cidr").required();
  follows(cidr, cidrErrors, report.at("cidr"));
  const range = parseRange(cidr);
  if (!range) return;
  except.forEach((hole, index) => {
    const here = report.at("except", index);
    follows(hole, cidrErrors, here);
    const inner = parseRange(hole);
    if (inner && (!containsRange(range, inner) || inner.length === range.length))
      here.invalid(hole, "must be a strict subset of `cidr`");
  });
}

function validatePeer(peer: DeepReadonly<networking.NetworkPolicyPeer>, report: Report): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  validateLabelSelector(podSelector, report.at("podSelector"));
  validateLabelSelector(namespaceSelector, report.at("namespaceSelector"));
  if (ipBlock) validateBlock(ipBlock, report.at("ipBlock"));
  const peers = [podSelector, namespaceSelector, ipBlock].filter((each) => each !== undefined).length;
  if (peers === 0) report.required("must specify a peer");
  else if (peers > 1 && ipBlock) report.forbidden("may not specify both ipBlock and another peer");
}

export function validateNetworkPolicySpec(
  { podSelector, ingress = [], egress = [], policyTypes = [] }: DeepReadonly<networking.NetworkPolicySpec>,
  report: Report,
): void {
  validateLabelSelector(podSelector, report.at("podSelector"));
  const validateRule = (
    ports: DeepReadonly<networking.NetworkPolicyPort[]> = [],
    peers: DeepReadonly<networking.NetworkPolicyPeer[]> = [],
    peersField: string,
    here: Report,
  ): void => {
    ports.forEach((port, index) => {
      validatePort(port, here.at("ports", index));
    });
    peers.forEach((peer, index) => {
      validatePeer(peer, here.at(peersField, index));
    });
  };
  ingress.forEach(({ ports, from }, index) => {
    validateRule(ports, from, "from", report.at("ingress", index));
  });
  egress.forEach(({ ports, to }, index) => {
    validateRule(ports, to, "to", report.at("egress", index));
  });
  if (policyTypes.length > 2) report.at("policyTypes").invalid(policyTypes, "may not specify more than two policyTypes");
  policyTypes.forEach((type, index) => {
    oneOf(type, ["Ingress", "Egress"], report.at("policyTypes", index));
  });
}
