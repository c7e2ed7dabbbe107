import { expect, test } from "vitest";
import { inTheWay, socketsIn } from "./listeners.ts";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const line = (address: string, state: string, inode: number): string =>
  `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000 100 0 0 10 0\n`;

test("listening sockets are read from the kernel's tables, connections are not", () => {
  expect(socketsIn("tcp", HEAD + line("0100007F:192B", "0A", 7) + line("0100007F:1F90", "01", 8))).toEqual([
    { protocol: "tcp", address: "127.0.0.1", port: 6443, inode: "7" },
  ]);
  expect(socketsIn("udp", HEAD + line("3500007F:0035", "07", 9))).toEqual([
    { protocol: "udp", address: "127.0.0.53", port: 53, inode: "9" },
  ]);
});

test("an IPv6 socket counts where it takes all, or has an IPv4 address", () => {
  const all = `${"0".repeat(32)}:280A`;
  const mapped = "0000000000000000FFFF00000100007F:280A";
  const other = "000080FE00000000FFFFFFFF00000001:280A";
  const addresses = socketsIn("tcp", HEAD + [all, mapped, other].map((each) => line(each, "0A", 1)).join("")).map(
    ({ address }) => address,
  );
  expect(addresses).toEqual(["::", "127.0.0.1"]);
});

test("who listens on all addresses is in the way of each", () => {
  const listener = { protocol: "tcp", address: "0.0.0.0", port: 10250 } as const;
  expect(inTheWay([listener], "tcp", ["10.95.0.1"], 10250)).toBe(listener);
  expect(inTheWay([listener], "udp", ["10.95.0.1"], 10250)).toBeUndefined();
  expect(inTheWay([{ ...listener, address: "192.0.2.1" }], "tcp", ["10.95.0.1"], 10250)).toBeUndefined();
});
