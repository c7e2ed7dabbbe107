/** Hands out a range's IPv4 addresses, each next one after the last, so that an address is not seen again soon. */
import { ipv4Number, ipv4Range, ipv4Text } from "../../../base/ipv4.ts";

export interface Addresses {
  /** Undefined where all are taken. */
  allocate(): string | undefined;
  release(address: string): void;
}

export function addresses(cidr: string): Addresses {
  const { start, size } = ipv4Range(cidr);
  const taken = new Set<number>();
  // The network itself, the bridge and the broadcast address are nobody's.
  const [least, most] = [2, size - 2];
  let next = least;
  return {
    allocate() {
      for (let tried = least; tried <= most; tried++) {
        const offset = next;
        next = next >= most ? least : next + 1;
        if (taken.has(offset)) continue;
        taken.add(offset);
        return ipv4Text(start + offset);
      }
      return undefined;
    },
    release: (address) => void taken.delete(ipv4Number(address) - start),
  };
}
