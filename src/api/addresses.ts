/**
 * IP addresses and ranges as numbers: their canonical forms, and which of them no Service or endpoint may have.
 * https://kubernetes.io/docs/concepts/services-networking/dual-stack/
 */
import { ipv4Number, ipv4Text } from "../base/ipv4.ts";
import { isIPv4, isIPv6 } from "./names.ts";

export type IPFamily = "IPv4" | "IPv6";

export interface Address {
  family: IPFamily;
  value: bigint;
}

export interface AddressRange extends Address {
  /** How many leading bits are fixed. */
  length: number;
}

const BITS = { IPv4: 32, IPv6: 128 } as const;

const valueOfV4 = (text: string): bigint => BigInt(ipv4Number(text));

function valueOfV6(text: string): bigint {
  const last = text.slice(text.lastIndexOf(":") + 1);
  const plain = last.includes(".") ? text.slice(0, -last.length) + hexOfV4(last) : text;
  const [head = "", tail] = plain.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const before = groups(head);
  const after = groups(tail ?? "");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

function hexOfV4(text: string): string {
  const value = valueOfV4(text);
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: "IPv4", value: valueOfV4(text) };
  return isIPv6(text) ? { family: "IPv6", value: valueOfV6(text) } : undefined;
}

export function parseRange(text: string): AddressRange | undefined {
  const [address = "", length = "", more] = text.split("/");
  const parsed = parseAddress(address);
  if (!parsed || more !== undefined || !/^(0|[1-9]\d*)$/.test(length) || Number(length) > BITS[parsed.family]) return undefined;
  return { ...parsed, length: Number(length) };
}

function v6Text(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(16 * (7 - index))) & 0xffffn));
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = (from: number, to?: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return best.length < 2 ? hex(0) : `${hex(0, best.start)}::${hex(best.start + best.length)}`;
}

const formatAddress = ({ family, value }: Address): string => (family === "IPv6" ? v6Text(value) : ipv4Text(Number(value)));

/** The first address of a range. */
function networkOf({ family, value, length }: AddressRange): Address {
  const host = BigInt(BITS[family] - length);
  return { family, value: (value >> host) << host };
}

const formatRange = (range: AddressRange): string => `${formatAddress(networkOf(range))}/${range.length}`;

export const containsRange = (outer: AddressRange, inner: AddressRange): boolean =>
  outer.family === inner.family &&
  inner.length >= outer.length &&
  networkOf(outer).value === networkOf({ ...inner, length: outer.length }).value;

const NO_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const NO_RANGE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
const MAPPED = { family: "IPv6", value: 0xffffn << 32n, length: 96 } as const;

/** The text without leading zeros of octets, which some readers take for octal numbers. */
function withoutZeros(text: string): string {
  const start = text.lastIndexOf(":") + 1;
  if (!text.includes(".", start)) return text;
  const octets = text.slice(start).split(".");
  return text.slice(0, start) + octets.map((octet) => octet.replace(/^0+(?=\d)/, "")).join(".");
}

/** Whether a text is read as an address, however it is written. */
export const isAddress = (text: string): boolean => parseAddress(withoutZeros(text)) !== undefined;

const isMapped = (address: Address): boolean => containsRange(MAPPED, { ...address, length: BITS[address.family] });

/**
 * The complaints about an address that may be written in more than one way.
 * https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/4858-ip-cidr-validation
 */
export function ipErrors(text: string): string[] {
  const address = parseAddress(text);
  if (address === undefined) return [isAddress(text) ? "must not have leading 0s" : NO_ADDRESS];
  return isMapped(address) ? ["must not be an IPv4-mapped IPv6 address"] : [];
}

/** The same for a range, which has no bits set beyond its length. */
export function cidrErrors(text: string): string[] {
  const range = parseRange(text);
  if (range === undefined) {
    const [address = "", length = "", ...more] = text.split("/");
    const plain = [withoutZeros(address), length.replace(/^0+(?=\d)/, ""), ...more].join("/");
    return [parseRange(plain) ? "must not have leading 0s in IP or prefix length" : NO_RANGE];
  }
  if (isMapped(range)) return ["must not have an IPv4-mapped IPv6 address"];
  return networkOf(range).value === range.value ? [] : ["must not have bits set beyond the prefix length"];
}

/** The complaints about an address that is not written in its one canonical form. */
export function canonicalAddressErrors(text: string): string[] {
  const address = parseAddress(text);
  return canonicalErrors(text, ipErrors(text), address && formatAddress(address));
}

/** The same for a range. */
export function canonicalRangeErrors(text: string): string[] {
  const range = parseRange(text);
  return canonicalErrors(text, cidrErrors(text), range && formatRange(range));
}

function canonicalErrors(text: string, errors: string[], canonical: string | undefined): string[] {
  if (errors.length > 0 || canonical === undefined || canonical === text) return errors;
  return [`must be in canonical form (${JSON.stringify(canonical)})`];
}

const rfc5952 = (what: string, text: string, path: string, canonical: string): string[] =>
  canonical === text
    ? []
    : [`${path}: ${what} ${JSON.stringify(text)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`];

/** Of an address at `path` that is one: IPv6 has many ways to write the same. */
export function addressWarnings(text: string, path: string): string[] {
  const address = parseAddress(text);
  return address?.family === "IPv6" ? rfc5952("IPv6 address", text, path, formatAddress(address)) : [];
}

/** The same of a range. */
export function rangeWarnings(text: string, path: string): string[] {
  const range = parseRange(text);
  return range?.family === "IPv6" ? rfc5952("IPv6 CIDR value", text, path, formatRange(range)) : [];
}

const SPECIAL = [
  ["may not be unspecified (0.0.0.0 or ::)", "0.0.0.0/32", "::/128"],
  ["may not be in the loopback range (127.0.0.0/8, ::1/128)", "127.0.0.0/8", "::1/128"],
  ["may not be in the link-local range (169.254.0.0/16, fe80::/10)", "169.254.0.0/16", "fe80::/10"],
  ["may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)", "224.0.0.0/24", "ff02::/16"],
] as const;

/** The complaints about an address that means no host on the network; a text that is no address has the complaint that it is none. */
export function specialAddressErrors(text: string): string[] {
  const address = parseAddress(withoutZeros(text));
  if (!address) return ["must be a valid IP address"];
  const host = { ...address, length: BITS[address.family] };
  return SPECIAL.filter(([, ...ranges]) =>
    ranges.some((range) => {
      const parsed = parseRange(range);
      return parsed !== undefined && containsRange(parsed, host);
    }),
  ).map(([why]) => why);
}

const NOT_GLOBAL_UNICAST = [
  "0.0.0.0/32",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "255.255.255.255/32",
  "::/128",
  "::1/128",
  "fe80::/10",
  "ff00::/8",
];

/** True for the address of one host that others can reach, private ranges included. */
export function isGlobalUnicast(text: string): boolean {
  const address = parseAddress(text);
  if (!address) return false;
  const host = { ...address, length: BITS[address.family] };
  return !NOT_GLOBAL_UNICAST.some((range) => {
    const parsed = parseRange(range);
    return parsed !== undefined && containsRange(parsed, host);
  });
}
