import { describe, expect, test } from "vitest";
import { nextTime } from "./cron-next.ts";
import { parseCronSchedule } from "./cron-schedule.ts";

const next = (text: string, after: string, timeZone?: string): string | undefined => {
  const moment = nextTime(parseCronSchedule(text), timeZone, Date.parse(after));
  return moment === undefined ? undefined : new Date(moment).toISOString();
};

describe("the next time of a schedule", () => {
  test.each([
    ["*/15 * * * *", "2026-01-01T00:00:00Z", undefined, "2026-01-01T00:15:00.000Z"],
    ["0 3 * * *", "2026-01-31T03:00:00Z", undefined, "2026-02-01T03:00:00.000Z"],
    ["0 0 29 2 *", "2026-01-01T00:00:00Z", undefined, "2028-02-29T00:00:00.000Z"],
    ["0 9 1 * 1", "2026-01-01T09:00:00Z", undefined, "2026-01-05T09:00:00.000Z"],
    ["30 8 * * *", "2026-07-01T00:00:00Z", "Europe/Paris", "2026-07-01T06:30:00.000Z"],
    ["@every 90s", "2026-01-01T00:00:00Z", undefined, "2026-01-01T00:01:30.000Z"],
  ])("%s after %s (%s) is %s", (schedule, after, timeZone, expected) => {
    expect(next(schedule, after, timeZone)).toBe(expected);
  });

  test("leaves out a wall time that a change of clocks leaves out", () => {
    expect(next("30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Paris")).toBe("2026-03-30T00:30:00.000Z");
  });

  test("never comes for a day that no month has", () => {
    expect(next("0 0 31 2 *", "2026-01-01T00:00:00Z")).toBeUndefined();
  });
});
