/** Settings of the kernel's network. https://docs.kernel.org/networking/ip-sysctl.html */
import type { MachineFacts } from "../facts.ts";
import { type Finding, report } from "../finding.ts";

const { pass, warn, fail } = report("network");

const STRICT = 1;

export function checkNetwork(facts: MachineFacts): Finding[] {
  if (!facts.machine.linux) return [];
  return [...forwarding(facts), ...reversePath(facts)];
}

function forwarding({ network: { forwarding: ip }, privileges }: MachineFacts): Finding[] {
  if (ip === undefined) return [];
  if (ip.on) return [pass("IP forwarding", "IPv4 forwarding is on.")];
  if (ip.writable)
    return [pass("IP forwarding", "IPv4 forwarding is off; `timonier up` turns it on and `timonier down` puts it back.")];
  return [
    fail(
      "IP forwarding",
      "IPv4 forwarding is off, and may not be turned on by us.",
      "Pods reach nothing but their own node.",
      privileges.container === undefined
        ? "sysctl -w net.ipv4.ip_forward=1 (as root)"
        : "Start the container with --privileged, or with --sysctl net.ipv4.ip_forward=1.",
    ),
  ];
}

function reversePath({ network: { reversePathFilter: value, defaultRoutes } }: MachineFacts): Finding[] {
  if (value === undefined) return [];
  if (value !== STRICT || defaultRoutes < 2)
    return [
      pass("rp_filter", value === STRICT ? "rp_filter is strict, and there is one way out." : "rp_filter lets answers in."),
    ];
  return [
    warn(
      "rp_filter",
      `rp_filter is strict (1), and there are ${defaultRoutes} default routes.`,
      "Answers to Pods that come in by another device than they went out by are dropped.",
      "sysctl -w net.ipv4.conf.all.rp_filter=2",
    ),
  ];
}
