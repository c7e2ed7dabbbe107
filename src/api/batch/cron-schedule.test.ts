import { describe, expect, test } from "vitest";
import { type CronFields, isTimeZone, parseCronSchedule } from "./cron-schedule.ts";

function fieldsOf(text: string): CronFields {
  const schedule = parseCronSchedule(text);
  if (!("fields" in schedule)) throw new Error(`no fields in ${text}`);
  return schedule.fields;
}

describe("a cron schedule", () => {
  test("has five fields of numbers, names, ranges and steps", () => {
    const fields = fieldsOf("*/20 8-10 1,15 jan-mar MON-fri/2");
    expect([...fields.minutes]).toEqual([0, 20, 40]);
    expect([...fields.hours]).toEqual([8, 9, 10]);
    expect([...fields.days]).toEqual([1, 15]);
    expect([...fields.months]).toEqual([1, 2, 3]);
    expect([...fields.weekdays]).toEqual([1, 3, 5]);
    expect(fields).toMatchObject({ anyDay: false, anyWeekday: false });
  });

  test("steps from a single number go on to the end of the field", () => {
    expect([...fieldsOf("50/5 * * * *").minutes]).toEqual([50, 55]);
  });

  test("may be a word, an interval, or name its zone", () => {
    expect([...fieldsOf("@hourly").minutes]).toEqual([0]);
    expect(parseCronSchedule("@every 1h30m")).toEqual({ everyMs: 5_400_000 });
    expect(parseCronSchedule("CRON_TZ=Europe/Paris 0 6 * * *")).toMatchObject({ timeZone: "Europe/Paris" });
  });

  test.each([
    ["", "empty spec string"],
    ["* * * *", "expected exactly 5 fields, found 4: [* * * *]"],
    ["60 * * * *", "end of range (60) above maximum (59): 60"],
    ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
    ["5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"],
    ["*/0 * * * *", "step of range should be a positive number: */0"],
    ["1-2-3 * * * *", "too many hyphens: 1-2-3"],
    ["@soon", "unrecognized descriptor: @soon"],
    ["* * * * 7", "end of range (7) above maximum (6): 7"],
  ])("is refused in words that say why: %j", (text, why) => {
    expect(() => parseCronSchedule(text)).toThrow(why);
  });

  test("knows zones by name, not by offset", () => {
    expect(isTimeZone("America/New_York")).toBe(true);
    expect(isTimeZone("No/Where")).toBe(false);
    expect(isTimeZone("+01:00")).toBe(false);
  });
});
