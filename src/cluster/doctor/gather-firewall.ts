/** What firewalls are there, by their rules where we may read them, and by the files in which they keep their state. */
import type { FirewallFacts, Plan } from "./facts.ts";
import { type BaseChain, iptablesChains, nftChains } from "./firewall-rules.ts";
import { capture, exists, textOf } from "./reading.ts";

export async function gatherFirewall(plan: Plan): Promise<FirewallFacts> {
  const [chains, docker, ufw, firewalld] = await Promise.all([
    baseChains(),
    exists("/run/docker.sock"),
    gatherUfw(plan),
    gatherFirewalld(plan),
  ]);
  return { chains, docker, ufw, firewalld };
}

/** Old iptables keeps rules that nft does not list; the new one lists the same chains twice. */
async function baseChains(): Promise<readonly BaseChain[] | undefined> {
  const [nft, iptables] = await Promise.all([capture("nft", ["-s", "list", "ruleset"]), capture("iptables", ["-S"])]);
  if (nft === undefined && iptables === undefined) return undefined;
  const listed = nftChains(nft ?? "");
  const known = new Set(listed.map(({ table, name }) => `${table} ${name}`));
  return [...listed, ...iptablesChains(iptables ?? "").filter(({ table, name }) => !known.has(`${table} ${name}`))];
}

const names = (text: string, { podDevice, podCidr }: Plan): boolean => text.includes(podDevice) || text.includes(podCidr);

async function gatherUfw(plan: Plan): Promise<FirewallFacts["ufw"]> {
  const [state, rules] = await Promise.all([textOf("/etc/ufw/ufw.conf"), textOf("/etc/ufw/user.rules")]);
  if (state === "") return undefined;
  return { enabled: /^ENABLED=["']?yes/im.test(state), lets: names(rules, plan) };
}

async function gatherFirewalld(plan: Plan): Promise<FirewallFacts["firewalld"]> {
  const [runs, trusted] = await Promise.all([exists("/run/firewalld.pid"), textOf("/etc/firewalld/zones/trusted.xml")]);
  return runs || trusted !== "" ? { runs, lets: names(trusted, plan) } : undefined;
}
