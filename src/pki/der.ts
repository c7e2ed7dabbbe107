/**
 * The few ASN.1 types of which certificates are made, as DER. A general X.509 library costs 100–270 ms and 20–30 MB at start
 * (docs/decisions/certificates.md), more than the rest of the control plane; what is needed here fits on two screens.
 * https://www.itu.int/rec/T-REC-X.690
 */
import { concatBytes, encodeUtf8 } from "../base/bytes.ts";

function lengthBytes(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest & 0xff);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

function tagged(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const inner = concatBytes(content);
  return concatBytes([Uint8Array.of(tag), lengthBytes(inner.length), inner]);
}

export const sequence = (...items: readonly Uint8Array[]): Uint8Array => tagged(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Uint8Array => tagged(0x31, ...items);
export const octets = (bytes: Uint8Array): Uint8Array => tagged(0x04, bytes);
export const utf8 = (text: string): Uint8Array => tagged(0x0c, encodeUtf8(text));
export const boolean = (value: boolean): Uint8Array => tagged(0x01, Uint8Array.of(value ? 0xff : 0));
/** `unused`: bits at the end that do not count. */
export const bits = (bytes: Uint8Array, unused = 0): Uint8Array => tagged(0x03, Uint8Array.of(unused), bytes);
/** Not negative, given big-endian. */
export function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  return (digits[0] ?? 0) & 0x80 ? tagged(0x02, Uint8Array.of(0), digits) : tagged(0x02, digits);
}

/** A context-specific tag around `content` (constructed) or its bytes (primitive). */
export const explicit = (number: number, content: Uint8Array): Uint8Array => tagged(0xa0 | number, content);
export const implicit = (number: number, bytes: Uint8Array): Uint8Array => tagged(0x80 | number, bytes);

/** From the dotted form. */
export function objectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 | (left & 0x7f));
    bytes.push(...digits);
  }
  return tagged(0x06, Uint8Array.from(bytes));
}

/** UTCTime until 2049, GeneralizedTime from then on, as RFC 5280 wants. */
export function time(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "");
  return ms < Date.UTC(2050, 0) ? tagged(0x17, encodeUtf8(digits.slice(2))) : tagged(0x18, encodeUtf8(digits));
}

/** One element of DER that is read. */
export interface Element {
  tag: number;
  /** With tag and length. */
  whole: Uint8Array;
  content: Uint8Array;
  /** Throws RangeError where the content is no sequence of elements. */
  children(): Element[];
}

/** The element at the start of the bytes. Throws RangeError where they end too early. */
export function readElement(bytes: Uint8Array): Element {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) throw new RangeError("the DER ends too early");
  const count = first < 0x80 ? 0 : first & 0x7f;
  const length = count === 0 ? first : bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
  const start = 2 + count;
  if (count > 4 || start + length > bytes.length) throw new RangeError("the DER ends too early");
  const content = bytes.subarray(start, start + length);
  return { tag, whole: bytes.subarray(0, start + length), content, children: () => readElements(content) };
}

function readElements(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const element = readElement(rest);
    elements.push(element);
    rest = rest.subarray(element.whole.length);
  }
  return elements;
}

/** `2.5.4.3` */
export function readObjectId({ content }: Element): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...rest] = numbers;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...rest].join(".");
}
