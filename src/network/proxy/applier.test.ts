import { describe, expect, test } from "vitest";
import { silentLogger } from "../../base/logger.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { createApplier } from "./applier.ts";
import { NO_RULES } from "./model.ts";
import { createRulesetTable } from "./table.ts";

const base = {
  nodeAddress: "10.95.0.1",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
  device: "timonier0",
  podDevices: ["timonier1"],
  bridgeFiltering: true,
};

function bench() {
  const clock = virtualClock();
  const table = createRulesetTable();
  const sent: string[] = [];
  let refusals = 0;
  const applier = createApplier({
    table,
    base,
    clock,
    logger: silentLogger,
    run: async (_command, _args, input = "") => {
      if (refusals > 0) {
        refusals--;
        throw new Error("refused");
      }
      sent.push(input);
      return "";
    },
  });
  const put = (name: string): void => {
    table.put(name, { ...NO_RULES, elements: new Map([[`service-addresses ${name}`, "drop"]]) });
    applier.changed();
  };
  /** Whether everything is in the kernel after `ms`. */
  const settled = async (ms: number): Promise<boolean> => {
    let done = false;
    void applier.applied().then(() => {
      done = true;
    });
    await clock.advance(ms);
    return done;
  };
  return { applier, sent, put, settled, refuse: (times: number) => (refusals = times) };
}

describe("the applier", () => {
  test("begins with the whole table in one transaction, then sends differences, gathered", async () => {
    const { sent, put, settled } = bench();
    put("a");
    expect(await settled(100)).toBe(true);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatch(/^add table ip timonier\ndelete table ip timonier\nadd table ip timonier\n/);
    put("b");
    put("c");
    expect(await settled(100)).toBe(true);
    expect(sent.slice(1)).toEqual(["add element ip timonier service-addresses { b : drop, c : drop }\n"]);
    expect(await settled(0)).toBe(true);
  });

  test("sends the whole table where the kernel refuses a difference, and again until it takes it", async () => {
    const { sent, put, settled, refuse } = bench();
    put("a");
    await settled(100);
    refuse(3);
    put("b");
    expect(await settled(100)).toBe(false);
    expect(await settled(5_000)).toBe(true);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toContain("delete table ip timonier\n");
    expect(sent[1]).toContain("{ a : drop, b : drop }");
  });

  test("does nothing after it was stopped", async () => {
    const { applier, sent, put, settled } = bench();
    await applier.stop();
    put("a");
    expect(await settled(1_000)).toBe(true);
    expect(sent).toEqual([]);
  });
});
