import { describe, expect, test } from "vitest";
import { parseCronSchedule } from "../../api/batch/cron-schedule.ts";
import { latestOccurrence, nextOccurrence } from "./occurrences.ts";

const next = (schedule: string, after: string, zone = "UTC"): string | undefined => {
  const ms = nextOccurrence(parseCronSchedule(schedule), Date.parse(after), zone);
  return ms === undefined ? undefined : new Date(ms).toISOString().replace(".000Z", "Z");
};

describe("the next time of a schedule", () => {
  test.each([
    ["* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"],
    ["*/15 * * * *", "2026-01-01T00:46:10Z", "2026-01-01T01:00:00Z"],
    ["30 6-16/4 * * 1-5", "2026-01-02T14:30:00Z", "2026-01-05T06:30:00Z"],
    ["0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"],
    ["0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"],
    ["0 0 13 * *", "2026-12-13T00:00:00Z", "2027-01-13T00:00:00Z"],
    ["@every 90s", "2026-01-01T00:00:00.700Z", "2026-01-01T00:01:30Z"],
    ["TZ=Asia/Tokyo 0 9 * * *", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"],
  ])("of %s after %s is %s", (schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected);
  });

  test("does not exist where no day fits", () => {
    expect(next("0 0 30 2 *", "2026-01-01T00:00:00Z")).toBeUndefined();
  });

  test("is left out where summer time skips it, and comes twice where it is shown twice", () => {
    const zone = "Europe/Berlin";
    expect(next("30 2 * * *", "2026-03-28T12:00:00Z", zone)).toBe("2026-03-30T00:30:00Z");
    expect(next("30 2 * * *", "2026-10-24T12:00:00Z", zone)).toBe("2026-10-25T00:30:00Z");
    expect(next("30 2 * * *", "2026-10-25T00:30:00Z", zone)).toBe("2026-10-25T01:30:00Z");
  });

  test("falls on a day that begins at one o'clock", () => {
    expect(next("0 * 6 9 *", "2026-09-05T12:00:00Z", "America/Santiago")).toBe("2026-09-06T04:00:00Z");
  });
});

describe("the latest time of a schedule", () => {
  const latest = (schedule: string, since: string, now: string) => {
    const { ms, missed } = latestOccurrence(parseCronSchedule(schedule), Date.parse(since), Date.parse(now), "UTC");
    return [ms && new Date(ms).toISOString().slice(0, 16), missed];
  };

  test("tells how many came before it", () => {
    expect(latest("0 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:59:59Z")).toEqual([undefined, "none"]);
    expect(latest("0 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z")).toEqual(["2026-01-01T01:00", "none"]);
    expect(latest("0 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T05:30:00Z")).toEqual(["2026-01-01T05:00", "few"]);
    expect(latest("* * * * *", "2026-01-01T00:00:00Z", "2026-02-01T05:30:30Z")).toEqual(["2026-02-01T05:30", "many"]);
  });
});
