import { expect, test } from "vitest";
import { durationMs } from "./duration.ts";

test("durations read as Go writes them", () => {
  expect(["500ms", "90s", "11m", "1h30m", "1.5s"].map(durationMs)).toEqual([500, 90_000, 660_000, 5_400_000, 1500]);
  expect(durationMs(250)).toBe(250);
});

test("what is no duration is refused", () => {
  for (const text of ["", "11", "1d", "m", "5s later"]) expect(() => durationMs(text)).toThrow("is no duration");
});
