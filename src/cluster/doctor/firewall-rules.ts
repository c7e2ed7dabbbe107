/**
 * Base chains of firewalls, read from what `nft` and `iptables` list: a packet that one of them drops is lost, whatever others accept.
 * https://wiki.nftables.org/wiki-nftables/index.php/Configuring_chains
 */
export interface BaseChain {
  /** `ip filter`. */
  readonly table: string;
  readonly name: string;
  readonly hook: "input" | "forward";
  readonly policy: "accept" | "drop";
  /** Rules in it, and in the chains of its table that it goes to, as they are listed. */
  readonly rules: readonly string[];
}

interface Chain {
  table: string;
  name: string;
  hook: string | undefined;
  policy: string | undefined;
  rules: string[];
}

/** Deeper than any firewall goes. */
const MAX_DEPTH = 16;

/** Base chains of ip and inet tables in the text of `nft list ruleset`. */
export function nftChains(text: string): BaseChain[] {
  const chains: Chain[] = [];
  let table = "";
  let chain: Chain | undefined;
  for (const line of text.split("\n").map((each) => each.trim())) {
    const [, family = "", name = ""] = /^table (\w+) (\S+) \{/.exec(line) ?? [];
    if (name !== "") table = `${family} ${name}`;
    const started = /^chain (\S+) \{/.exec(line)?.[1];
    if (started !== undefined) {
      chain = { table, name: started, hook: undefined, policy: undefined, rules: [] };
      chains.push(chain);
    } else if (line === "}") chain = undefined;
    else if (chain !== undefined) {
      const [, hook, policy] = /^type filter hook (\w+) .*?(?:policy (\w+);)?$/.exec(line) ?? [];
      if (hook === undefined) chain.rules.push(line);
      else Object.assign(chain, { hook, policy: policy ?? "accept" });
    }
  }
  return baseChains(chains.filter(({ table: of }) => of.startsWith("ip ") || of.startsWith("inet ")));
}

/** Base chains of the filter table in the text of `iptables -S`. */
export function iptablesChains(text: string): BaseChain[] {
  const chains = new Map<string, Chain>();
  for (const line of text.split("\n")) {
    const [, kind, name = "", rest = ""] = /^-([PNA]) (\S+) ?(.*)$/.exec(line.trim()) ?? [];
    if (kind === undefined) continue;
    const chain = chains.get(name) ?? { table: "ip filter", name, hook: undefined, policy: undefined, rules: [] };
    chains.set(name, chain);
    if (kind === "P") Object.assign(chain, { hook: name.toLowerCase(), policy: rest.toLowerCase() });
    else if (kind === "A") chain.rules.push(rest);
  }
  return baseChains([...chains.values()]);
}

function baseChains(chains: readonly Chain[]): BaseChain[] {
  return chains.flatMap((chain): BaseChain[] => {
    const { table, name, hook, policy } = chain;
    if (hook !== "input" && hook !== "forward") return [];
    return [{ table, name, hook, policy: policy === "drop" ? "drop" : "accept", rules: rulesOf(chain, chains, 0) }];
  });
}

function rulesOf({ table, rules }: Chain, chains: readonly Chain[], depth: number): string[] {
  if (depth > MAX_DEPTH) return [];
  return rules.flatMap((rule) => {
    const target = /(?:\b(?:jump|goto) |-[jg] )(\S+)/.exec(rule)?.[1];
    const next = chains.find((each) => each.table === table && each.name === target);
    return next === undefined ? [rule] : [rule, ...rulesOf(next, chains, depth + 1)];
  });
}

/** Whether packets of Pods get through a chain: nothing is dropped by default, or a rule names their device or range and accepts. */
export const letsThrough = ({ policy, rules }: BaseChain, marks: readonly string[]): boolean =>
  policy === "accept" || rules.some((rule) => /\baccept\b/i.test(rule) && marks.some((mark) => rule.includes(mark)));
