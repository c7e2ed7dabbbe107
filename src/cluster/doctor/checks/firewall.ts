/** Firewalls that drop what Pods send: Docker's, ufw's, firewalld's, or somebody's own. */
import type { MachineFacts } from "../facts.ts";
import { type Finding, report } from "../finding.ts";
import { type BaseChain, letsThrough } from "../firewall-rules.ts";

const { pass, warn, fail } = report("firewall");

const WHY: Readonly<Record<BaseChain["hook"], string>> = {
  forward: "Packets between Pods, and from Pods to the world, are forwarded; what one chain drops no other can save.",
  input: "Pods ask their node for names (DNS) and for the API; what one chain drops no other can save.",
};

export function checkFirewall(facts: MachineFacts): Finding[] {
  if (!facts.machine.linux) return [];
  const known = managers(facts);
  const dropping = droppingChains(facts);
  // Both name their chains' own way out; the bare chain would say the same again.
  const explained = known.some(({ level }) => level !== "pass");
  const found = [...known, ...(explained ? [] : dropping.map((chain) => dropped(facts, chain)))];
  if (found.some(({ level }) => level !== "pass")) return found;
  if (facts.firewall.chains === undefined && known.length === 0)
    return [warn("rules", "Rules of firewalls could not be read.", "A firewall may drop what Pods send.", "Ask again as root.")];
  return [...found, pass("rules", "No firewall drops what Pods send.")];
}

const marksOf = ({ plan }: MachineFacts): string[] => [plan.podDevice, plan.podCidr];

const droppingChains = (facts: MachineFacts): BaseChain[] =>
  (facts.firewall.chains ?? []).filter((chain) => !letsThrough(chain, marksOf(facts)));

function dropped(facts: MachineFacts, { table, name, hook }: BaseChain): Finding {
  const { podDevice } = facts.plan;
  const byDocker = facts.firewall.docker && hook === "forward";
  const chain = byDocker ? "DOCKER-USER" : name;
  const accept =
    hook === "forward"
      ? [`-I ${chain} -i ${podDevice} -j ACCEPT`, `-I ${chain} -o ${podDevice} -j ACCEPT`]
      : [`-I ${chain} -i ${podDevice} -j ACCEPT`];
  const how =
    byDocker || table === "ip filter"
      ? accept.map((rule) => `iptables ${rule}`).join("; ")
      : `nft insert rule ${table} ${name} iifname ${podDevice} accept${hook === "forward" ? `; nft insert rule ${table} ${name} oifname ${podDevice} accept` : ""}`;
  return fail(
    `${table} ${name}`,
    `${byDocker ? "Docker" : "A firewall"} drops ${hook === "forward" ? "forwarded" : "incoming"} packets by default (table ${table}, chain ${name}), Pods' among them.`,
    WHY[hook],
    how,
  );
}

function managed(name: string, is: { on: boolean; lets: boolean }, how: string): Finding[] {
  if (!is.on) return [];
  if (is.lets) return [pass(name, `${name} is on, and lets Pods' packets through.`)];
  return [fail(name, `${name} is on, and has no rule for Pods.`, WHY.forward, how)];
}

function managers({ firewall: { ufw, firewalld }, plan: { podDevice, podCidr } }: MachineFacts): Finding[] {
  return [
    ...managed(
      "ufw",
      { on: ufw?.enabled === true, lets: ufw?.lets === true },
      `ufw allow in on ${podDevice}; ufw route allow in on ${podDevice}; ufw route allow out on ${podDevice}`,
    ),
    ...managed(
      "firewalld",
      { on: firewalld?.runs === true, lets: firewalld?.lets === true },
      `firewall-cmd --permanent --zone=trusted --add-source=${podCidr} --add-interface=${podDevice}; firewall-cmd --reload`,
    ),
  ];
}
