/** The addresses of Services: an IPv4 range without its first (the network's) and last (the broadcast's) address. */
import { assert } from "../../base/assert.ts";
import { type Entropy, randomInteger } from "../../base/entropy.ts";

export interface IpRange {
  readonly cidr: string;
  /** The address that the `kubernetes` Service has. */
  readonly first: string;
  contains(address: string): boolean;
  /** One of the upper part: the lower one is left to those who choose their address. */
  random(entropy: Entropy): string;
}

export function ipNumber(address: string): number {
  return address.split(".").reduce((total, octet) => total * 256 + Number(octet), 0);
}

const ipText = (number: number): string => [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** How many addresses at the start are not given out by chance. */
const staticBand = (size: number): number => Math.min(Math.max(16, Math.floor(size / 16)), 256);

export function ipRange(cidr: string): IpRange {
  const [address = "", bits = ""] = cidr.split("/");
  const size = 2 ** (32 - Number(bits));
  assert(Number(bits) >= 8 && size >= 8, `the Service range ${cidr} is no usable IPv4 range`);
  const base = Math.floor(ipNumber(address) / size) * size;
  const band = size > 64 ? staticBand(size) : 1;
  return {
    cidr,
    first: ipText(base + 1),
    contains(candidate) {
      const number = ipNumber(candidate);
      return number > base && number < base + size - 1;
    },
    random: (entropy) => ipText(base + 1 + band + randomInteger(entropy, size - 2 - band)),
  };
}
