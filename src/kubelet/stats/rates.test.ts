import { expect, test } from "vitest";
import { createRates } from "./rates.ts";

test("the first look tells the average since the start, later ones what was used in between", () => {
  const rates = createRates();
  expect(rates("a", { timeMs: 10_000, coreNanoSeconds: 2e9 }, 0).nanoCores).toBe(2e8);
  expect(rates("a", { timeMs: 12_000, coreNanoSeconds: 3e9 }, 0).nanoCores).toBe(5e8);
  expect(rates("b", { timeMs: 12_000, coreNanoSeconds: 0 }, 12_000).nanoCores).toBe(0);
});

test("a look right after another says what that one said", () => {
  const rates = createRates();
  rates("a", { timeMs: 10_000, coreNanoSeconds: 1e9 }, 0);
  expect(rates("a", { timeMs: 10_500, coreNanoSeconds: 9e9 }, 0)).toEqual({
    timeMs: 10_500,
    coreNanoSeconds: 9e9,
    nanoCores: 1e8,
  });
});

test("a counter that began anew counts from its own start", () => {
  const rates = createRates();
  rates("a", { timeMs: 10_000, coreNanoSeconds: 5e9 }, 0);
  expect(rates("a", { timeMs: 14_000, coreNanoSeconds: 1e9 }, 12_000).nanoCores).toBe(5e8);
});
