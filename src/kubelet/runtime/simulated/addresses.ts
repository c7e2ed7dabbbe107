/** Hands out a range's IPv4 addresses, each next one after the last, so that an address is not seen again soon. */
export interface Addresses {
  /** Undefined where all are taken. */
  allocate(): string | undefined;
  release(address: string): void;
}

const toNumber = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toText = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");

export function addresses(cidr: string): Addresses {
  const [base = "", bits = "24"] = cidr.split("/");
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(toNumber(base) / size) * size;
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
        return toText(first + offset);
      }
      return undefined;
    },
    release: (address) => void taken.delete(toNumber(address) - first),
  };
}
