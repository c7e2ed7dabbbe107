/** The addresses of Services: an IPv4 range without its first (the network's) and last (the broadcast's) address. */
import { assert } from "../../base/assert.ts";
import { type Entropy, randomInteger } from "../../base/entropy.ts";
import { ipv4Number, ipv4Range, ipv4Text } from "../../base/ipv4.ts";

export interface IpRange {
  readonly cidr: string;
  /** The address that the `kubernetes` Service has. */
  readonly first: string;
  contains(address: string): boolean;
  /** One of the upper part: the lower one is left to those who choose their address. */
  random(entropy: Entropy): string;
}

/** How many addresses at the start are not given out by chance. */
const staticBand = (size: number): number => Math.min(Math.max(16, Math.floor(size / 16)), 256);

export function ipRange(cidr: string): IpRange {
  const { start, size, bits } = ipv4Range(cidr);
  assert(bits >= 8 && size >= 8, `the Service range ${cidr} is no usable IPv4 range`);
  const band = size > 64 ? staticBand(size) : 1;
  return {
    cidr,
    first: ipv4Text(start + 1),
    contains(candidate) {
      const number = ipv4Number(candidate);
      return number > start && number < start + size - 1;
    },
    random: (entropy) => ipv4Text(start + 1 + band + randomInteger(entropy, size - 2 - band)),
  };
}
