/**
 * The proxy's part of the nft table as wanted and as applied, and the commands that lead from one to the other.
 *
 * Work grows with what changed, not with the number of Services: only names that a change touched are compared. Where two Services
 * claim one element (the same external address and port), the first in order of keys has it, and the other as soon as that goes.
 */
import { TABLE } from "../node/base-ruleset.ts";
import { NO_RULES, type ServiceRules } from "./model.ts";

export interface Transaction {
  /** Commands for `nft -f -`; empty where nothing changed. */
  readonly script: string;
  /** The kernel has taken it. */
  applied(): void;
}

export interface RulesetTable {
  /** What a Service needs from now on; undefined when it is gone. */
  put(service: string, rules: ServiceRules | undefined): void;
  rulesOf(service: string): ServiceRules;
  services(): Iterable<string>;
  /** From what is applied to what is wanted. */
  changes(): Transaction;
  /** All that is wanted, for a table that holds the base alone. */
  whole(): Transaction;
}

/** Names whose wanted and applied content may differ. */
interface Touched {
  readonly chains: Set<string>;
  readonly sets: Set<string>;
  readonly elements: Set<string>;
}

interface Content {
  chains: Map<string, readonly string[]>;
  sets: Set<string>;
  elements: Map<string, string>;
}

const nothingTouched = (): Touched => ({ chains: new Set(), sets: new Set(), elements: new Set() });
const emptyContent = (): Content => ({ chains: new Map(), sets: new Set(), elements: new Map() });

const sameRules = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((rule, index) => rule === b[index]);

/** `add element` and `delete element`, one command a map. */
function elementCommands(verb: "add" | "delete", elements: ReadonlyMap<string, string>): string[] {
  const byMap = new Map<string, string[]>();
  for (const [id, value] of elements) {
    const space = id.indexOf(" ");
    const key = id.slice(space + 1);
    const list = byMap.get(id.slice(0, space)) ?? [];
    byMap.set(id.slice(0, space), list);
    list.push(verb === "add" && value !== "" ? `${key} : ${value}` : key);
  }
  return [...byMap].map(([map, keys]) => `${verb} element ${TABLE} ${map} { ${keys.join(", ")} }`);
}

const chainCommands = (name: string, rules: readonly string[]): string[] =>
  rules.map((rule) => `add rule ${TABLE} ${name} ${rule}`);

/** Order matters: what is referred to comes before what refers to it, and goes after it. */
function commands(before: Content, after: Content, touched: Touched): string[] {
  const chains = [...touched.chains];
  const changed = chains.filter((name) => {
    const rules = after.chains.get(name);
    return rules !== undefined && !sameRules(before.chains.get(name) ?? [], rules);
  });
  const goneChains = chains.filter((name) => before.chains.has(name) && !after.chains.has(name));
  const sets = [...touched.sets];
  const goneElements = new Map<string, string>();
  const newElements = new Map<string, string>();
  for (const id of touched.elements) {
    const [old, value] = [before.elements.get(id), after.elements.get(id)];
    if (old === value) continue;
    if (old !== undefined) goneElements.set(id, old);
    if (value !== undefined) newElements.set(id, value);
  }
  const on = (verb: string, kind: string, names: readonly string[]): string[] =>
    names.map((name) => `${verb} ${kind} ${TABLE} ${name}`);
  const added = changed.filter((name) => !before.chains.has(name));
  return [
    ...sets
      .filter((name) => after.sets.has(name) && !before.sets.has(name))
      .map((name) => `add set ${TABLE} ${name} ${AFFINITY_SET}`),
    ...on("add", "chain", added),
    ...on(
      "flush",
      "chain",
      changed.filter((name) => before.chains.has(name)),
    ),
    ...changed.flatMap((name) => chainCommands(name, after.chains.get(name) ?? [])),
    ...elementCommands("delete", goneElements),
    ...elementCommands("add", newElements),
    ...on("flush", "chain", goneChains),
    ...on("delete", "chain", goneChains),
    ...on(
      "delete",
      "set",
      sets.filter((name) => before.sets.has(name) && !after.sets.has(name)),
    ),
  ];
}

const AFFINITY_SET = "{ type ipv4_addr; flags dynamic,timeout; }";

const scriptOf = (lines: readonly string[]): string => (lines.length === 0 ? "" : `${lines.join("\n")}\n`);

/** Brings `target` to what `source` holds under the touched names. */
function copyTouched(source: Content, target: Content, touched: Touched): void {
  const copy = <V>(from: ReadonlyMap<string, V>, to: Map<string, V>, names: Iterable<string>): void => {
    for (const name of names) {
      const value = from.get(name);
      if (value === undefined) to.delete(name);
      else to.set(name, value);
    }
  };
  copy(source.chains, target.chains, touched.chains);
  copy(source.elements, target.elements, touched.elements);
  for (const name of touched.sets) source.sets.has(name) ? target.sets.add(name) : target.sets.delete(name);
}

export function createRulesetTable(): RulesetTable {
  const services = new Map<string, ServiceRules>();
  /** Who wants an element, and with what value. */
  const claims = new Map<string, Map<string, string>>();
  const wanted = emptyContent();
  let applied = emptyContent();
  let touched = nothingTouched();

  function claim(id: string, service: string, value: string | undefined): void {
    touched.elements.add(id);
    const claimed = claims.get(id) ?? new Map<string, string>();
    if (value === undefined) claimed.delete(service);
    else claimed.set(service, value);
    const [first] = [...claimed.keys()].sort();
    if (first === undefined) {
      claims.delete(id);
      wanted.elements.delete(id);
      return;
    }
    claims.set(id, claimed);
    wanted.elements.set(id, claimed.get(first) ?? "");
  }

  function put(service: string, rules: ServiceRules | undefined): void {
    const before = services.get(service) ?? NO_RULES;
    const after = rules ?? NO_RULES;
    if (rules === undefined) services.delete(service);
    else services.set(service, rules);
    for (const name of before.chains.keys()) if (!after.chains.has(name)) touched.chains.add(name) && wanted.chains.delete(name);
    for (const [name, content] of after.chains) touched.chains.add(name) && wanted.chains.set(name, content);
    for (const name of before.affinitySets) if (!after.affinitySets.has(name)) touched.sets.add(name) && wanted.sets.delete(name);
    for (const name of after.affinitySets) touched.sets.add(name) && wanted.sets.add(name);
    for (const id of before.elements.keys()) if (!after.elements.has(id)) claim(id, service, undefined);
    for (const [id, value] of after.elements) claim(id, service, value);
  }

  function transaction(before: Content, changed: Touched, onApplied: () => void): Transaction {
    return { script: scriptOf(commands(before, wanted, changed)), applied: onApplied };
  }

  return {
    put,
    rulesOf: (service) => services.get(service) ?? NO_RULES,
    services: () => services.keys(),
    changes() {
      const changed = touched;
      touched = nothingTouched();
      const snapshot = emptyContent();
      copyTouched(wanted, snapshot, changed);
      return transaction(applied, changed, () => copyTouched(snapshot, applied, changed));
    },
    whole() {
      touched = nothingTouched();
      const snapshot: Content = {
        chains: new Map(wanted.chains),
        sets: new Set(wanted.sets),
        elements: new Map(wanted.elements),
      };
      const all: Touched = {
        chains: new Set(wanted.chains.keys()),
        sets: wanted.sets,
        elements: new Set(wanted.elements.keys()),
      };
      return transaction(emptyContent(), all, () => {
        applied = snapshot;
      });
    },
  };
}
