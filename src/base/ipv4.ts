/** IPv4 addresses and ranges as numbers. Texts must be what they say: who takes them from outside checks them (src/api/names.ts). */
export interface Ipv4Range {
  /** The first address: that of the network. */
  readonly start: number;
  /** How many addresses there are. */
  readonly size: number;
  readonly bits: number;
}

export const ipv4Number = (address: string): number =>
  address.split(".").reduce((number, octet) => number * 256 + Number(octet), 0);

export const ipv4Text = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** The range around an address: `10.0.0.7/24` starts at 10.0.0.0. Without a length it is that address alone. */
export function ipv4Range(cidr: string): Ipv4Range {
  const [address = "", length = "32"] = cidr.split("/");
  const bits = Number(length);
  const size = 2 ** (32 - bits);
  return { start: Math.floor(ipv4Number(address) / size) * size, size, bits };
}

export function isInIpv4Range(address: string, { start, size }: Ipv4Range): boolean {
  const number = ipv4Number(address);
  return number >= start && number < start + size;
}
