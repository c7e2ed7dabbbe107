import { expect, test } from "vitest";
import { compileHostPorts } from "./host-ports.ts";

test("leads every address of the node, one of them, or loopback alone to the Pod", () => {
  const rules = compileHostPorts("uid-1", "10.244.0.5", [
    { protocol: "TCP", hostPort: 80, containerPort: 8080 },
    { protocol: "UDP", hostPort: 53, hostIP: "192.0.2.1", containerPort: 5353 },
    { protocol: "TCP", hostPort: 90, hostIP: "127.0.0.1", containerPort: 9090 },
  ]);
  expect([...rules.elements]).toEqual([
    ["node-ports tcp . 80", "goto host-port/uid-1/tcp/80"],
    ["hairpin 10.244.0.5 . 10.244.0.5", ""],
    ["service-addresses udp . 192.0.2.1 . 53", "goto host-port/uid-1/udp/53"],
  ]);
  expect([...rules.chains.values()]).toEqual([
    ["meta l4proto tcp dnat ip to 10.244.0.5:8080"],
    ["meta l4proto udp dnat ip to 10.244.0.5:5353"],
  ]);
  expect(rules.loopbackPorts.map(({ port }) => port)).toEqual([80, 90]);
  expect(rules.datagramRoutes.map(({ address }) => address)).toEqual(["192.0.2.1"]);
});
