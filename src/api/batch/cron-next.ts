/**
 * When a schedule comes up next. Pure; times are milliseconds since the epoch.
 *
 * Days are searched first, then the hours and minutes of the first that fits, each on the clock of the schedule's time zone. A wall
 * time that a change of clocks leaves out does not come up on that day.
 */
import type { CronFields, CronSchedule } from "./cron-schedule.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** February 29 comes up within eight years, or never. */
const MAX_DAYS = 8 * 366;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
  const format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...parts });
  formats.set(timeZone, format);
  return format;
}

/** What clocks of the zone show, as if it were UTC; to the minute. */
function wallMs(timeZone: string, atMs: number): number {
  const minuteMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
  if (timeZone === "UTC") return minuteMs;
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(minuteMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute);
}

/** The moment at which clocks of the zone show that; undefined where they never do. */
function momentOf(timeZone: string, wall: number): number | undefined {
  for (const guessMs of [wall, wall - DAY_MS, wall + DAY_MS]) {
    const moment = wall - (wallMs(timeZone, guessMs) - guessMs);
    if (wallMs(timeZone, moment) === wall) return moment;
  }
  return undefined;
}

function fitsDay({ days, months, weekdays, anyDay, anyWeekday }: CronFields, wall: number): boolean {
  const date = new Date(wall);
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const day = days.has(date.getUTCDate());
  const weekday = weekdays.has(date.getUTCDay());
  // Where both are said, either will do.
  return anyDay || anyWeekday ? day && weekday : day || weekday;
}

const ascending = (values: ReadonlySet<number>): number[] => [...values].sort((a, b) => a - b);

/** The first time after `afterMs`; undefined where there is none. */
export function nextTime(schedule: CronSchedule, timeZone: string | undefined, afterMs: number): number | undefined {
  if ("everyMs" in schedule) return Math.floor(afterMs / 1_000) * 1_000 + schedule.everyMs;
  const zone = timeZone ?? schedule.timeZone ?? "UTC";
  const { fields } = schedule;
  const hours = ascending(fields.hours);
  const minutes = ascending(fields.minutes);
  const midnight = Math.floor(wallMs(zone, afterMs) / DAY_MS) * DAY_MS;
  for (let day = 0; day < MAX_DAYS; day++) {
    const dayMs = midnight + day * DAY_MS;
    if (!fitsDay(fields, dayMs)) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        const moment = momentOf(zone, dayMs + (hour * 60 + minute) * MINUTE_MS);
        if (moment !== undefined && moment > afterMs) return moment;
      }
    }
  }
  return undefined;
}
