/** Who listens where, from the kernel's tables. https://docs.kernel.org/networking/proc_net_tcp.html */
export interface Listener {
  readonly protocol: "tcp" | "udp";
  /** IPv4, or `::` for an IPv6 socket that takes all; other IPv6 addresses are left out. */
  readonly address: string;
  readonly port: number;
  /** The program, where we may know. */
  readonly program?: string;
  readonly pid?: number;
}

export interface Socket extends Omit<Listener, "program" | "pid"> {
  readonly inode: string;
}

/** States in which a socket is listening: TCP_LISTEN, and an unconnected UDP socket. */
const LISTENING = { tcp: "0A", udp: "07" } as const;

/** The address as the kernel writes it: words of 4 bytes in the byte order of the machine, which is little-endian here. */
function addressOf(hex: string): string | undefined {
  if (hex.length === 8) return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(".");
  if (/^0+$/.test(hex)) return "::";
  // An IPv4 address in an IPv6 socket.
  return hex.startsWith("0000000000000000FFFF0000") ? addressOf(hex.slice(24)) : undefined;
}

/** Listening sockets in `/proc/net/tcp`, `tcp6`, `udp` or `udp6`. */
export function socketsIn(protocol: "tcp" | "udp", table: string): Socket[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .flatMap((fields): Socket[] => {
      const [hex = "", port = ""] = (fields[1] ?? "").split(":");
      const address = fields[3] === LISTENING[protocol] ? addressOf(hex) : undefined;
      return address === undefined ? [] : [{ protocol, address, port: Number.parseInt(port, 16), inode: fields[9] ?? "" }];
    });
}

/** Who keeps `address` and `port` from being listened on. */
export const inTheWay = (
  listeners: readonly Listener[],
  protocol: Listener["protocol"],
  addresses: readonly string[],
  port: number,
): Listener | undefined =>
  listeners.find(
    (each) => each.protocol === protocol && each.port === port && ["0.0.0.0", "::", ...addresses].includes(each.address),
  );
