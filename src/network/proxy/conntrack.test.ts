import { expect, test } from "vitest";
import { forgetStaleFlows, staleFlows } from "./conntrack.ts";

const line = (destination: string, port: number, answerer: string, answererPort: number): string =>
  `udp      17 25 src=10.244.0.9 dst=${destination} sport=4000 dport=${port} src=${answerer} dst=10.244.0.9 sport=${answererPort} dport=4000 mark=0 use=1`;

const ENDPOINTS = [{ ip: "10.244.0.5", port: 5353 }];
const ROUTES = [
  { address: "10.96.0.10", port: 53, endpoints: ENDPOINTS },
  { address: undefined, port: 30_053, endpoints: ENDPOINTS },
];

test("finds the flows whose endpoint is gone, and no others", () => {
  const listing = [
    line("10.96.0.10", 53, "10.244.0.5", 5353),
    line("10.96.0.10", 53, "10.244.0.6", 5353),
    line("10.96.0.10", 53, "10.244.0.6", 5353),
    line("10.95.0.1", 30_053, "10.244.0.7", 5353),
    // The same port of somebody else's address, translated by nobody.
    line("192.0.2.1", 30_053, "192.0.2.1", 30_053),
    line("192.0.2.1", 53, "192.0.2.1", 53),
    "conntrack v1.4.7 (conntrack-tools): 6 flow entries have been shown.",
  ].join("\n");
  expect(staleFlows(listing, ROUTES).map(({ address, answerer }) => [address, answerer])).toEqual([
    ["10.96.0.10", "10.244.0.6"],
    ["10.95.0.1", "10.244.0.7"],
  ]);
});

test("goes on where a flow has ended by itself", async () => {
  const deleted: string[] = [];
  await forgetStaleFlows(async (_command, args) => {
    if (args[0] === "-L") return `${line("10.96.0.10", 53, "10.244.0.6", 1)}\n${line("10.96.0.10", 53, "10.244.0.7", 1)}`;
    deleted.push(args[args.indexOf("--reply-src") + 1] ?? "");
    throw new Error("0 flow entries have been deleted");
  }, ROUTES);
  expect(deleted).toEqual(["10.244.0.6", "10.244.0.7"]);
});
