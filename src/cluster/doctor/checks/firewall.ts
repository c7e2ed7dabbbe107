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
  const known = [...ufw(facts), ...firewalld(facts)];
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

function ufw({ firewall, plan }: MachineFacts): Finding[] {
  if (firewall.ufw?.enabled !== true) return [];
  if (firewall.ufw.lets) return [pass("ufw", "ufw is on, and lets Pods' packets through.")];
  return [
    fail(
      "ufw",
      "ufw is on, and has no rule for Pods.",
      WHY.forward,
      `ufw allow in on ${plan.podDevice}; ufw route allow in on ${plan.podDevice}; ufw route allow out on ${plan.podDevice}`,
    ),
  ];
}

function firewalld({ firewall, plan }: MachineFacts): Finding[] {
  if (firewall.firewalld?.runs !== true) return [];
  if (firewall.firewalld.lets) return [pass("firewalld", "firewalld runs, and trusts Pods.")];
  return [
    fail(
      "firewalld",
      "firewalld runs, and does not trust Pods.",
      WHY.forward,
      `firewall-cmd --permanent --zone=trusted --add-source=${plan.podCidr} --add-interface=${plan.podDevice}; firewall-cmd --reload`,
    ),
  ];
}
