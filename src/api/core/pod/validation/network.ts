/** Field errors of a Pod's names and name resolution. */

import type { DeepReadonly } from "../../../../base/readonly.ts";
import { ipErrors } from "../../../addresses.ts";
import type { PodSpec } from "../../../generated/shared.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../../../names.ts";
import type { Report } from "../../../validation-report.ts";

const DNS_POLICIES = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];
const MAX_NAMESERVERS = 3;
const MAX_SEARCH_PATHS = 32;
const MAX_SEARCH_CHARACTERS = 2048;

function validateDnsConfig(spec: DeepReadonly<PodSpec>, report: Report): void {
  const { dnsConfig, dnsPolicy } = spec;
  if (dnsPolicy === "None" && !dnsConfig)
    return report.at("dnsConfig").required("must provide `dnsConfig` when `dnsPolicy` is None");
  if (!dnsConfig) return;
  const here = report.at("dnsConfig");
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  if (dnsPolicy === "None" && nameservers.length === 0)
    here.at("nameservers").required("must provide at least one DNS nameserver when `dnsPolicy` is None");
  if (nameservers.length > MAX_NAMESERVERS)
    here.at("nameservers").invalid(nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`);
  nameservers.forEach((server, index) => {
    for (const complaint of ipErrors(server)) here.at("nameservers", index).invalid(server, complaint);
  });
  if (searches.length > MAX_SEARCH_PATHS)
    here.at("searches").invalid(searches, `must not have more than ${MAX_SEARCH_PATHS} search paths`);
  if (searches.join(" ").length > MAX_SEARCH_CHARACTERS)
    here
      .at("searches")
      .invalid(searches, `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`);
  searches.forEach((search, index) => {
    if (search === ".") return;
    for (const complaint of dnsSubdomainErrors(search.replace(/\.$/, "").replaceAll("_", "-")))
      here.at("searches", index).invalid(search, complaint);
  });
  options.forEach(({ name }, index) => {
    if (!name) here.at("options", index, "name").required();
  });
}

export function validateNetwork(spec: DeepReadonly<PodSpec>, report: Report): void {
  if (!DNS_POLICIES.includes(spec.dnsPolicy)) report.at("dnsPolicy").notSupported(spec.dnsPolicy, DNS_POLICIES);
  validateDnsConfig(spec, report);
  spec.hostAliases?.forEach(({ ip, hostnames }, index) => {
    for (const complaint of ipErrors(ip)) report.at("hostAliases", index, "ip").invalid(ip, complaint);
    hostnames?.forEach((name, position) => {
      for (const complaint of dnsSubdomainErrors(name))
        report.at("hostAliases", index, "hostnames", position).invalid(name, complaint);
    });
  });
  for (const field of ["hostname", "subdomain"] as const) {
    const name = spec[field];
    for (const complaint of name ? dnsLabelErrors(name) : []) report.at(field).invalid(name, complaint);
  }
  spec.imagePullSecrets?.forEach(({ name }, index) => {
    if (!name) report.at("imagePullSecrets", index, "name").required();
  });
}
