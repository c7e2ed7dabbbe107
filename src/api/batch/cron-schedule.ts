/**
 * The schedule of a CronJob: five fields (minute, hour, day of month, month, day of week), or `@daily` and its like, or
 * `@every <duration>`; a leading `TZ=` or `CRON_TZ=` names a time zone. Errors are in the words that clients see.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */
import { parseDuration } from "../../base/duration.ts";

/** What a time must match. A set holds the values of its field; `anyDay` and `anyWeekday` say that the field was `*`. */
export interface CronFields {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  days: ReadonlySet<number>;
  months: ReadonlySet<number>;
  weekdays: ReadonlySet<number>;
  anyDay: boolean;
  anyWeekday: boolean;
}

export type CronSchedule = { timeZone?: string } & ({ fields: CronFields } | { everyMs: number });

class CronError extends Error {}

interface Bounds {
  least: number;
  most: number;
  names?: readonly string[];
}

const MONTHS = ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const BOUNDS = {
  minutes: { least: 0, most: 59 },
  hours: { least: 0, most: 23 },
  days: { least: 1, most: 31 },
  months: { least: 1, most: 12, names: MONTHS },
  weekdays: { least: 0, most: 6, names: WEEKDAYS },
} as const satisfies Record<string, Bounds>;

const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

function integerOf(text: string, { names }: Bounds = { least: 0, most: 0 }): number {
  const named = text === "" ? -1 : (names?.indexOf(text.toLowerCase()) ?? -1);
  if (named >= 0) return named;
  if (!/^[+-]?\d+$/.test(text))
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const number = Number(text);
  if (number < 0) throw new CronError(`negative number (${number}) not allowed: ${text}`);
  return number;
}

const isStar = (text: string): boolean => text === "*" || text === "?";

/** `*`, `n`, `n-m`, each with `/step`. */
function valuesOfRange(text: string, bounds: Bounds): number[] {
  const [range = "", stepText, ...moreSlashes] = text.split("/");
  const [low = "", high, ...moreHyphens] = range.split("-");
  let start = bounds.least;
  let end = bounds.most;
  if (!isStar(low)) {
    start = integerOf(low, bounds);
    if (moreHyphens.length > 0) throw new CronError(`too many hyphens: ${text}`);
    end = high === undefined ? (stepText === undefined ? start : bounds.most) : integerOf(high, bounds);
  }
  if (moreSlashes.length > 0) throw new CronError(`too many slashes: ${text}`);
  const step = stepText === undefined ? 1 : integerOf(stepText);
  if (start < bounds.least) throw new CronError(`beginning of range (${start}) below minimum (${bounds.least}): ${text}`);
  if (end > bounds.most) throw new CronError(`end of range (${end}) above maximum (${bounds.most}): ${text}`);
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new CronError(`step of range should be a positive number: ${text}`);
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step);
}

const valuesOf = (field: string, bounds: Bounds): Set<number> =>
  new Set(
    field
      .split(",")
      .filter(Boolean)
      .flatMap((range) => valuesOfRange(range, bounds)),
  );

function fieldsOf(text: string): CronFields {
  const fields = text.split(/\s+/).filter(Boolean);
  if (fields.length !== 5) throw new CronError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const isAny = (field: string): boolean => field.split(",").some((range) => /^[*?](\/1)?$/.test(range));
  return {
    minutes: valuesOf(minute, BOUNDS.minutes),
    hours: valuesOf(hour, BOUNDS.hours),
    days: valuesOf(day, BOUNDS.days),
    months: valuesOf(month, BOUNDS.months),
    weekdays: valuesOf(weekday, BOUNDS.weekdays),
    anyDay: isAny(day),
    anyWeekday: isAny(weekday),
  };
}

function everyOf(text: string): number {
  const duration = text.slice("@every ".length);
  const everyMs = parseDuration(duration);
  if (everyMs === undefined)
    throw new CronError(`failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`);
  // Whole seconds, and at least one.
  return Math.max(1000, everyMs - (everyMs % 1000));
}

/** Whether there is such a time zone. Offsets are none. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Throws CronError. */
export function parseCronSchedule(text: string): CronSchedule {
  if (text === "") throw new CronError("empty spec string");
  const [, timeZone, rest = text] = /^(?:CRON_)?TZ=(\S*)\s*(.*)$/s.exec(text) ?? [];
  if (timeZone !== undefined && !isTimeZone(timeZone))
    throw new CronError(`provided bad location ${timeZone}: unknown time zone ${timeZone}`);
  const zone = timeZone === undefined ? {} : { timeZone };
  if (!rest.startsWith("@")) return { ...zone, fields: fieldsOf(rest) };
  const fields = DESCRIPTORS[rest];
  if (fields !== undefined) return { ...zone, fields: fieldsOf(fields) };
  if (rest.startsWith("@every ")) return { ...zone, everyMs: everyOf(rest) };
  throw new CronError(`unrecognized descriptor: ${rest}`);
}
