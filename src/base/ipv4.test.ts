import { expect, test } from "vitest";
import { ipv4Number, ipv4Range, ipv4Text, isInIpv4Range } from "./ipv4.ts";

test("addresses are numbers and come back from them", () => {
  for (const address of ["0.0.0.0", "10.96.0.1", "127.255.255.254", "128.0.0.1", "255.255.255.255"])
    expect(ipv4Text(ipv4Number(address))).toBe(address);
  expect(ipv4Number("1.2.3.4")).toBe(0x01020304);
});

test("a range starts where its length says, whichever address names it", () => {
  expect(ipv4Range("10.244.3.77/24")).toEqual({ start: ipv4Number("10.244.3.0"), size: 256, bits: 24 });
  expect(ipv4Range("192.0.2.7")).toEqual({ start: ipv4Number("192.0.2.7"), size: 1, bits: 32 });
  expect(ipv4Range("255.0.0.0/0")).toEqual({ start: 0, size: 2 ** 32, bits: 0 });
});

test("a range has its first and its last address, and none beside them", () => {
  const range = ipv4Range("10.0.1.0/24");
  const among = ["10.0.0.255", "10.0.1.0", "10.0.1.255", "10.0.2.0"].map((address) => isInIpv4Range(address, range));
  expect(among).toEqual([false, true, true, false]);
});
