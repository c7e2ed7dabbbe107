import { describe, expect, test } from "vitest";
import { NO_RULES, type ServiceRules } from "./model.ts";
import { createRulesetTable, type RulesetTable } from "./table.ts";

const rules = (
  more: Partial<Record<"chains" | "elements", Record<string, unknown>>> & { affinitySets?: string[] },
): ServiceRules => ({
  ...NO_RULES,
  chains: new Map(Object.entries(more.chains ?? {})) as never,
  elements: new Map(Object.entries(more.elements ?? {})) as never,
  affinitySets: new Set(more.affinitySets ?? []),
});

const web = (target: string): ServiceRules =>
  rules({
    chains: { "cluster/a/web": [`dnat ip to ${target}`] },
    elements: { "service-addresses tcp . 10.96.0.1 . 80": "goto cluster/a/web" },
  });

/** The commands of the next change, taken as applied. */
function step(table: RulesetTable): string[] {
  const { script, applied } = table.changes();
  applied();
  return script.split("\n").filter(Boolean);
}

describe("the ruleset table", () => {
  test("sends only what differs", () => {
    const table = createRulesetTable();
    table.put("a/web", web("10.244.0.1:80"));
    table.put("a/other", rules({ chains: { "cluster/a/other": ["accept"] } }));
    table.whole().applied();
    expect(step(table)).toEqual([]);
    table.put("a/web", web("10.244.0.2:80"));
    expect(step(table)).toEqual([
      "flush chain ip timonier cluster/a/web",
      "add rule ip timonier cluster/a/web dnat ip to 10.244.0.2:80",
    ]);
    table.put("a/web", web("10.244.0.2:80"));
    expect(step(table)).toEqual([]);
  });

  test("takes references away before what they refer to", () => {
    const table = createRulesetTable();
    table.put("a/web", { ...web("10.244.0.1:80"), affinitySets: new Set(["affinity/a/web"]) });
    expect(step(table)).toEqual([
      "add set ip timonier affinity/a/web { type ipv4_addr; flags dynamic,timeout; }",
      "add chain ip timonier cluster/a/web",
      "add rule ip timonier cluster/a/web dnat ip to 10.244.0.1:80",
      "add element ip timonier service-addresses { tcp . 10.96.0.1 . 80 : goto cluster/a/web }",
    ]);
    table.put("a/web", undefined);
    expect(step(table)).toEqual([
      "delete element ip timonier service-addresses { tcp . 10.96.0.1 . 80 }",
      "flush chain ip timonier cluster/a/web",
      "delete chain ip timonier cluster/a/web",
      "delete set ip timonier affinity/a/web",
    ]);
    expect(table.whole().script).toBe("");
  });

  test("replaces an element whose value changed within one transaction", () => {
    const table = createRulesetTable();
    table.put("a/web", rules({ elements: { "node-ports tcp . 1": "goto x" } }));
    step(table);
    table.put("a/web", rules({ elements: { "node-ports tcp . 1": "goto y" } }));
    expect(step(table)).toEqual([
      "delete element ip timonier node-ports { tcp . 1 }",
      "add element ip timonier node-ports { tcp . 1 : goto y }",
    ]);
  });

  test("gives an element that two Services claim to the first, and to the other when that goes", () => {
    const table = createRulesetTable();
    table.put("b/late", rules({ elements: { "service-addresses k": "goto b" } }));
    table.put("a/early", rules({ elements: { "service-addresses k": "goto a" } }));
    expect(step(table)).toEqual(["add element ip timonier service-addresses { k : goto a }"]);
    table.put("a/early", undefined);
    expect(step(table)).toEqual([
      "delete element ip timonier service-addresses { k }",
      "add element ip timonier service-addresses { k : goto b }",
    ]);
  });

  test("keeps changes that come while a transaction is under way for the next one", () => {
    const table = createRulesetTable();
    table.put("a/web", web("10.244.0.1:80"));
    const first = table.changes();
    table.put("a/web", web("10.244.0.2:80"));
    first.applied();
    expect(step(table).join()).toContain("10.244.0.2:80");
  });
});
