/**
 * Quantities: decimal and binary amounts such as `250m`, `1.5Gi`, `1e3`, in the spelling that upstream keeps.
 *
 * An amount is a bigint of billionths, rounded up, as upstream's smallest scale. A spelling that upstream takes for canonical stays
 * as it is (`+1`, `1e3`); others are written with the largest suffix that loses nothing. What most clients send passes through a
 * cache of spellings.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export type QuantityFormat = "decimal" | "binary" | "exponent";

export interface Quantity {
  /** The amount in billionths. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
  /** Upstream's spelling of this quantity. */
  readonly text: string;
}

/** Upstream's words for what is wrong with a quantity. */
export const QUANTITY_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
export const QUANTITY_SUFFIX = "unable to parse quantity's suffix";

/** A spelling that is no quantity; the message is upstream's. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
}

const NANO = 1_000_000_000n;
const MILLI_IN_NANO = 1_000_000n;
const MAX_INT64 = 9_223_372_036_854_775_807n;
const MAX_INT64_DIGITS = 18;
/** Beyond this an exponent only costs memory. */
const MAX_EXPONENT = 400;

const DECIMAL_SUFFIXES = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"] as const;
const BINARY_SUFFIXES = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;

interface Suffix {
  base: 2 | 10;
  exponent: number;
  format: QuantityFormat;
}

const SUFFIXES: ReadonlyMap<string, Suffix> = new Map<string, Suffix>([
  ...DECIMAL_SUFFIXES.map((suffix, index) => [suffix, { base: 10, exponent: index * 3 - 9, format: "decimal" }] as const),
  ...BINARY_SUFFIXES.slice(1).map((suffix, index) => [suffix, { base: 2, exponent: index * 10 + 10, format: "binary" }] as const),
]);

const PARTS = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;

function suffixOf(text: string): Suffix {
  const known = SUFFIXES.get(text);
  if (known !== undefined) return known;
  const exponent = /^[eE][-+]?\d+$/.test(text) ? Number(text.slice(1)) : Number.NaN;
  if (!(Math.abs(exponent) <= MAX_EXPONENT)) throw new QuantityError(QUANTITY_SUFFIX);
  return { base: 10, exponent, format: "exponent" };
}

/** Division that rounds away from zero: who asks for a little gets a little. */
function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by === 0n ? quotient : quotient + (value < 0n ? -1n : 1n);
}

/** `digits` × 10^scale × 2^shift in billionths. */
function nanoOf(digits: bigint, scale: number, shift: number): bigint {
  const power = scale + 9;
  const shifted = digits << BigInt(shift);
  return power >= 0 ? shifted * 10n ** BigInt(power) : divideUp(shifted, 10n ** BigInt(-power));
}

/** Whether upstream would reuse this spelling: its own test for canonical form, which lets a few others through. */
function keepsSpelling(digits: string, fraction: string, scale: number, { base, exponent }: Suffix): boolean {
  if (base === 2) {
    const fits = 15 - digits.length - Math.trunc((exponent * 3) / 10) - 1 >= 0;
    return fits && fraction === "" && (BigInt(digits) & 7n) !== 0n;
  }
  const shifted = digits + fraction;
  return shifted.length <= MAX_INT64_DIGITS && scale >= -9 && scale % 3 === 0 && !shifted.endsWith("000") && shifted[0] !== "0";
}

function parse(text: string): Quantity {
  if (text === "0") return { nano: 0n, format: "decimal", text };
  const parts = text === "" ? null : PARTS.exec(text);
  if (parts === null) throw new QuantityError(QUANTITY_FORMAT);
  const [, sign = "", whole = "", fraction = "", suffixText = ""] = parts;
  const suffix = suffixOf(suffixText);
  const digits = whole.replace(/^0+/, "") || "0";
  const scale = (suffix.base === 10 ? suffix.exponent : 0) - fraction.length;
  const magnitude = nanoOf(BigInt(digits + fraction), scale, suffix.base === 2 ? suffix.exponent : 0);
  const capped = suffix.format === "binary" && magnitude > MAX_INT64 * NANO ? MAX_INT64 * NANO : magnitude;
  const nano = sign === "-" ? -capped : capped;
  const { format } = suffix;
  return { nano, format, text: keepsSpelling(digits, fraction, scale, suffix) ? text : canonical(nano, format) };
}

/** The canonical spelling of an amount. */
function canonical(nano: bigint, format: QuantityFormat): string {
  if (nano === 0n) return "0";
  const units = nano / NANO;
  const magnitude = units < 0n ? -units : units;
  if (format === "binary" && nano % NANO === 0n && magnitude >= 1024n) {
    let number = units;
    let power = 0;
    while (number % 1024n === 0n && power < BINARY_SUFFIXES.length - 1) {
      number /= 1024n;
      power++;
    }
    return `${number}${BINARY_SUFFIXES[power]}`;
  }
  let number = nano;
  let power = 0;
  while (number % 1000n === 0n) {
    number /= 1000n;
    power++;
  }
  const exponent = power * 3 - 9;
  const suffix = format === "exponent" ? undefined : DECIMAL_SUFFIXES[power];
  return `${number}${suffix ?? (exponent === 0 ? "" : `e${exponent}`)}`;
}

/** Spellings repeat: most clusters know a few dozen. Emptied when full, so that a hostile client cannot make it grow. */
const CACHE_LIMIT = 4096;
const cache = new Map<string, Quantity>();

/** Parses a quantity; blanks around it are cut. Throws QuantityError with upstream's words. */
export function parseQuantity(text: string): Quantity {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const quantity = parse(text.trim());
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(text, quantity);
  return quantity;
}

/** The spelling that upstream would keep of `text`. */
export const canonicalQuantity = (text: string): string => parseQuantity(text).text;

/** Negative, zero or positive, as for sorting. */
export function compareQuantities(a: string, b: string): number {
  const difference = parseQuantity(a).nano - parseQuantity(b).nano;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const isZeroQuantity = (text: string): boolean => parseQuantity(text).nano === 0n;

function combine(a: string, b: string, nano: (a: bigint, b: bigint) => bigint): string {
  const left = parseQuantity(a);
  const right = parseQuantity(b);
  // A zero takes on the other's format, so that sums from zero look like their terms.
  return canonical(nano(left.nano, right.nano), left.nano === 0n ? right.format : left.format);
}

export const addQuantities = (a: string, b: string): string => combine(a, b, (x, y) => x + y);
export const subtractQuantities = (a: string, b: string): string => combine(a, b, (x, y) => x - y);
export const maxQuantity = (a: string, b: string): string => (compareQuantities(a, b) < 0 ? b : a);

/** The amount in units, rounded up: bytes of memory, number of Pods. Inexact beyond 2^53. */
export const quantityValue = (text: string): number => Number(divideUp(parseQuantity(text).nano, NANO));

/** The amount in thousandths, rounded up: what a CPU is counted in. */
export const quantityMilliValue = (text: string): number => Number(divideUp(parseQuantity(text).nano, MILLI_IN_NANO));

/** A whole number as a quantity: `1024` binary is `1Ki`. */
export const quantityOf = (value: number | bigint, format: QuantityFormat = "decimal"): string =>
  canonical(BigInt(value) * NANO, format);
