/**
 * JSON as Go reads it, for the bodies that native parsing would read differently: duplicate keys, integers beyond 2^53, numbers whose
 * spelling counts (`1.0` is no integer, `1e3` a quantity of its own), and malformed text, of which Go says where it breaks.
 */
import { DecodeError, ExactNumber } from "./pass.ts";

export interface ExactJson {
  value: unknown;
  /** `duplicate field "data"`, in the order of the text. */
  duplicates: string[];
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const PLAIN = /^-?\d{1,15}$/;
const MAX_DEPTH = 10_000;

interface Reader {
  text: string;
  at: number;
  depth: number;
  path: (string | number)[];
  duplicates: string[];
}

export function parseExactly(text: string): ExactJson {
  const reader: Reader = { text, at: 0, depth: 0, path: [], duplicates: [] };
  const value = readValue(reader);
  skipBlanks(reader);
  if (reader.at < text.length) throw unexpected(reader, "after top-level value");
  return { value, duplicates: reader.duplicates };
}

function unexpected({ text, at }: Reader, where: string): DecodeError {
  if (at >= text.length) return new DecodeError("unexpected end of JSON input");
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return new DecodeError(`invalid character ${character === "'" ? `'\\''` : `'${character}'`} ${where}`);
}

function skipBlanks(reader: Reader): void {
  while (reader.at < reader.text.length && " \t\r\n".includes(reader.text[reader.at] ?? "x")) reader.at++;
}

function readValue(reader: Reader): unknown {
  skipBlanks(reader);
  const { text, at } = reader;
  const first = text[at];
  if (first === "{") return readObject(reader);
  if (first === "[") return readArray(reader);
  if (first === '"') return readString(reader);
  for (const [word, value] of [
    ["true", true],
    ["false", false],
    ["null", null],
  ] as const) {
    if (text.startsWith(word, at)) {
      reader.at += word.length;
      return value;
    }
  }
  NUMBER.lastIndex = at;
  const number = NUMBER.exec(text);
  if (number === null) throw unexpected(reader, "looking for beginning of value");
  reader.at += number[0].length;
  return PLAIN.test(number[0]) ? Number(number[0]) : new ExactNumber(number[0]);
}

function readString(reader: Reader): string {
  STRING.lastIndex = reader.at;
  const found = STRING.exec(reader.text);
  if (found === null) throw new DecodeError("unexpected end of JSON input");
  reader.at += found[0].length;
  try {
    return JSON.parse(found[0]) as string;
  } catch {
    throw new DecodeError("invalid character in string literal");
  }
}

function descend(reader: Reader): void {
  if (++reader.depth > MAX_DEPTH) throw new DecodeError("exceeded max depth");
  reader.at++;
  skipBlanks(reader);
}

/** Steps over `,` to the next element, or over `close`; false at the end. */
function goesOn(reader: Reader, close: string, where: string): boolean {
  skipBlanks(reader);
  const next = reader.text[reader.at];
  if (next !== "," && next !== close) throw unexpected(reader, where);
  reader.at++;
  return next === ",";
}

function readArray(reader: Reader): unknown[] {
  descend(reader);
  const list: unknown[] = [];
  if (reader.text[reader.at] === "]") reader.at++;
  else {
    do {
      reader.path.push(list.length);
      list.push(readValue(reader));
      reader.path.pop();
    } while (goesOn(reader, "]", "after array element"));
  }
  reader.depth--;
  return list;
}

function readObject(reader: Reader): Record<string, unknown> {
  descend(reader);
  const object: Record<string, unknown> = {};
  if (reader.text[reader.at] === "}") reader.at++;
  else {
    do {
      skipBlanks(reader);
      if (reader.text[reader.at] !== '"') throw unexpected(reader, "looking for beginning of object key string");
      readMember(reader, object);
    } while (goesOn(reader, "}", "after object key:value pair"));
  }
  reader.depth--;
  return object;
}

/** The later of two equal keys wins; Go decodes it over the earlier, so objects are merged. */
function readMember(reader: Reader, object: Record<string, unknown>): void {
  const key = readString(reader);
  skipBlanks(reader);
  if (reader.text[reader.at] !== ":") throw unexpected(reader, "after object key");
  reader.at++;
  reader.path.push(key);
  const isDuplicate = Object.hasOwn(object, key);
  if (isDuplicate) reader.duplicates.push(`duplicate field "${pathOf(reader.path)}"`);
  const value = readValue(reader);
  reader.path.pop();
  const merged = isDuplicate ? over(object[key], value) : value;
  Object.defineProperty(object, key, { value: merged, writable: true, enumerable: true, configurable: true });
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

function over(earlier: unknown, later: unknown): unknown {
  if (!isPlain(earlier) || !isPlain(later)) return later;
  const merged = { ...earlier };
  for (const [key, value] of Object.entries(later)) merged[key] = key in merged ? over(merged[key], value) : value;
  return merged;
}

function pathOf(path: readonly (string | number)[]): string {
  let text = "";
  for (const segment of path) text += typeof segment === "number" ? `[${segment}]` : `${text === "" ? "" : "."}${segment}`;
  return text;
}

export interface Scan {
  /** Colons outside strings: as many as there are keys in the text. */
  colons: number;
  /** Whether a number is there that native parsing would lose something of. */
  numbers: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Longest run of digits that a double always holds. */
const SAFE_DIGITS = 15;

/** What decides whether native parsing is enough. Looks at bytes, so that it costs a few microseconds a body. */
export function scanJson(bytes: Uint8Array): Scan {
  let colons = 0;
  let digits = 0;
  let numbers = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (byte === QUOTE) {
      index = endOfString(bytes, index + 1);
      digits = 0;
    } else if (byte === COLON) colons++;
    else if (byte >= 0x30 && byte <= 0x39) {
      if (++digits > SAFE_DIGITS) numbers = true;
    } else {
      // A point, or an e after a digit: `1.0`, `1e3`.
      if (digits > 0 && (byte === 0x2e || byte === 0x65 || byte === 0x45)) numbers = true;
      digits = 0;
    }
  }
  return { colons, numbers };
}

/** The index of the closing quote. */
function endOfString(bytes: Uint8Array, start: number): number {
  let end = bytes.indexOf(QUOTE, start);
  while (end > 0 && isEscaped(bytes, end)) end = bytes.indexOf(QUOTE, end + 1);
  return end < 0 ? bytes.length : end;
}

function isEscaped(bytes: Uint8Array, at: number): boolean {
  let slashes = 0;
  while (bytes[at - 1 - slashes] === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}
