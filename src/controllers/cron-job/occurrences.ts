/**
 * When a cron schedule comes due, in a time zone. Pure.
 *
 * A time that summer time skips does not come, one that comes twice is due twice.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones
 */
import type { CronFields, CronSchedule } from "../../api/batch/cron-schedule.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** No schedule that ever comes due waits longer, leap days included. */
const YEARS_AHEAD = 5;

/** What a clock on the wall shows. */
interface WallTime {
  year: number;
  /** From 1. */
  month: number;
  day: number;
  /** 0 is Sunday. */
  weekday: number;
  hour: number;
  minute: number;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockIn(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    const part = "numeric";
    clock = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: part,
      month: part,
      day: part,
      hour: part,
      minute: part,
      second: part,
    });
    clocks.set(zone, clock);
  }
  return clock;
}

/** Milliseconds by which the zone is ahead of UTC at that moment. */
export function offsetMs(ms: number, zone: string): number {
  if (zone === "UTC") return 0;
  const parts = Object.fromEntries(
    clockIn(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / SECOND_MS) * SECOND_MS;
}

function wallTime(ms: number, zone: string): WallTime {
  const shown = new Date(ms + offsetMs(ms, zone));
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    weekday: shown.getUTCDay(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
  };
}

/** The first moment of a day, which is not midnight where summer time begins then. Days and months may overflow. */
function startOfDay(year: number, month: number, day: number, zone: string): number {
  const midnight = Date.UTC(year, month - 1, day);
  const guess = midnight - offsetMs(midnight, zone);
  const start = midnight - offsetMs(guess, zone);
  return wallTime(start, zone).hour > 12 ? start + HOUR_MS : start;
}

/** Where both days are given, either will do. */
function isDay({ days, weekdays, anyDay, anyWeekday }: CronFields, { day, weekday }: WallTime): boolean {
  if (anyDay || anyWeekday) return days.has(day) && weekdays.has(weekday);
  return days.has(day) || weekdays.has(weekday);
}

function nextMatch(fields: CronFields, afterMs: number, zone: string): number | undefined {
  let ms = Math.floor(afterMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const lastYear = wallTime(ms, zone).year + YEARS_AHEAD;
  for (;;) {
    const at = wallTime(ms, zone);
    if (at.year > lastYear) return undefined;
    if (!fields.months.has(at.month)) ms = startOfDay(at.year, at.month + 1, 1, zone);
    else if (!isDay(fields, at)) ms = startOfDay(at.year, at.month, at.day + 1, zone);
    else if (!fields.hours.has(at.hour)) ms += HOUR_MS - at.minute * MINUTE_MS;
    else if (!fields.minutes.has(at.minute)) ms += MINUTE_MS;
    else return ms;
  }
}

/** The first time after `afterMs`; undefined where there is none (30 February). */
export function nextOccurrence(schedule: CronSchedule, afterMs: number, zone: string): number | undefined {
  if ("everyMs" in schedule) return Math.floor(afterMs / SECOND_MS) * SECOND_MS + schedule.everyMs;
  return nextMatch(schedule.fields, afterMs, schedule.timeZone ?? zone);
}

export interface Due {
  /** The latest time that has come. */
  ms?: number;
  missed: "none" | "few" | "many";
}

/** Above this many missed times something is wrong with the clock or the schedule. */
const MANY = 100;

/**
 * Which time between `sinceMs` and now came last. Only the times near now are looked at, however long ago `sinceMs` was: how many
 * came before is told from the distance of the first two. Throws where the schedule never comes.
 */
export function latestOccurrence(schedule: CronSchedule, sinceMs: number, nowMs: number, zone: string): Due {
  const next = (afterMs: number): number => {
    const ms = nextOccurrence(schedule, afterMs, zone);
    if (ms === undefined) throw new RangeError("time difference between two schedules is less than 1 second");
    return ms;
  };
  const first = next(sinceMs);
  if (nowMs < first) return { missed: "none" };
  const second = next(first);
  if (nowMs < second) return { ms: first, missed: "none" };
  const apartMs = second - first;
  const missed = Math.floor((nowMs - first) / apartMs) + 1;
  let latest: number | undefined;
  for (let ms = next(first + (missed - 2) * apartMs); ms <= nowMs; ms = next(ms)) latest = ms;
  return { ...(latest === undefined ? {} : { ms: latest }), missed: missed > MANY ? "many" : "few" };
}
