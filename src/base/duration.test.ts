import { expect, test } from "vitest";
import { durationMs, formatDuration, parseDuration } from "./duration.ts";

test.each([
  ["1h30m", 5_400_000, "1h30m0s"],
  ["90s", 90_000, "1m30s"],
  ["1.5s", 1500, "1.5s"],
  ["250ms", 250, "250ms"],
  ["100us", 0.1, "100µs"],
  ["-2m", -120_000, "-2m0s"],
  ["0", 0, "0s"],
])("the duration %j is %d ms and is written %j", (text, ms, written) => {
  expect(parseDuration(text)).toBe(ms);
  expect(formatDuration(ms)).toBe(written);
});

test("what is no duration is undefined, and a mistake where it must be one", () => {
  for (const text of ["", "5", "1x", "1d", "h", "5s later"]) {
    expect(parseDuration(text)).toBeUndefined();
    expect(() => durationMs(text)).toThrow("is no duration");
  }
});

test("milliseconds are a duration as they are", () => {
  expect([250, "11m"].map(durationMs)).toEqual([250, 660_000]);
});
