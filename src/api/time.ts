/**
 * Time and MicroTime as they stand in JSON: in UTC, Time with whole seconds, MicroTime with exactly six digits; their zero is null.
 * (A Duration is Go's text: src/base/duration.ts.)
 */
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)([.,]\d+)?(Z|[+-]\d\d:\d\d)$/;
const ZERO_SECONDS = Date.parse("0001-01-01T00:00:00Z");

/** A text that is no time; the message is upstream's. */
export class TimeError extends Error {
  override readonly name = "TimeError";
}

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
};

/** How far `text` follows the layout, for the message: Go names what is left and the part that it expected there. */
function mismatch(text: string, layout: string): TimeError {
  const parts = [
    [/^\d{4}/, "2006"],
    [/^-/, "-"],
    [/^\d\d/, "01"],
    [/^-/, "-"],
    [/^\d\d/, "02"],
    [/^T/, "T"],
    [/^\d\d/, "15"],
    [/^:/, ":"],
    [/^\d\d/, "04"],
    [/^:/, ":"],
    [/^\d\d/, "05"],
    ...(layout.includes(".") ? [[/^\.\d{6}(?!\d)/, ".000000"] as const] : [[/^(?:[.,]\d+)?/, ""] as const]),
    [/^(?:Z|[+-]\d\d:\d\d)/, "Z07:00"],
  ] as const;
  let rest = text;
  for (const [pattern, part] of parts) {
    const found = pattern.exec(rest);
    if (found === null)
      return new TimeError(`parsing time ${JSON.stringify(text)} as "${layout}": cannot parse "${rest}" as "${part}"`);
    rest = rest.slice(found[0].length);
  }
  return new TimeError(`parsing time ${JSON.stringify(text)}: ${rest === "" ? "day out of range" : `extra text: "${rest}"`}`);
}

interface Instant {
  /** Whole seconds since 1970, in milliseconds. */
  ms: number;
  fraction: string;
}

function parseInstant(text: string, layout: string): Instant {
  const match = RFC3339.exec(text);
  if (match === null) throw mismatch(text, layout);
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "", fraction = "", zone = ""] = match;
  const inRange = +hour < 24 && +minute < 60 && +second < 60 && +month >= 1 && +month <= 12 && +day >= 1;
  if (!inRange || +day > daysIn(+year, +month)) throw mismatch(text, layout);
  const whole = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const offset = zone === "Z" ? 0 : (zone[0] === "-" ? -1 : 1) * (+zone.slice(1, 3) * 60 + +zone.slice(4)) * 60_000;
  return { ms: whole - offset, fraction };
}

const wholeSeconds = (ms: number): string => new Date(ms).toISOString().slice(0, 19);

/** Time as upstream writes it; null for the zero time. Throws TimeError. */
export function normaliseTime(text: string): string | null {
  const { ms } = parseInstant(text, "2006-01-02T15:04:05Z07:00");
  if (ms === ZERO_SECONDS) return null;
  return text.length === 20 ? text : `${wholeSeconds(ms)}Z`;
}

/** MicroTime as upstream writes it; null for the zero time. Takes exactly six digits of fraction. Throws TimeError. */
export function normaliseMicroTime(text: string): string | null {
  const layout = "2006-01-02T15:04:05.000000Z07:00";
  const { ms, fraction } = parseInstant(text, layout);
  if (fraction.length !== 7 || fraction[0] !== ".") throw mismatch(text, layout);
  if (ms === ZERO_SECONDS && fraction === ".000000") return null;
  return `${wholeSeconds(ms)}${fraction}Z`;
}

export const formatTime = (ms: number): string => `${wholeSeconds(Math.floor(ms / 1000) * 1000)}Z`;
export const formatMicroTime = (ms: number, micros = 0): string =>
  `${wholeSeconds(Math.floor(ms / 1000) * 1000)}.${String((((ms % 1000) + 1000) % 1000) * 1000 + micros).padStart(6, "0")}Z`;

/** Milliseconds since 1970 of a Time or MicroTime; NaN where it is no time. */
export const timeMs = (text: string): number => Date.parse(text);
