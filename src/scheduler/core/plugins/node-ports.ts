/** Keeps Pods apart that want the same port of the host. 0.0.0.0 is every address. */
import { type Plugin, SKIP } from "../framework.ts";
import type { HostPort } from "../pod-info.ts";

const clash = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0");

const REFUSALS = [{ reason: "node(s) didn't have free ports for the requested pod ports", preemptible: true }];

export const nodePorts: Plugin = {
  name: "NodePorts",
  weight: 0,
  wokenBy: ["Node:added", "Pod:removed"],
  normalize: "none",

  prepare({ hostPorts: wanted }, { hostPorts }) {
    if (wanted.length === 0) return SKIP;
    return {
      refuses: (node) => hostPorts[node]!.some((used) => wanted.some((port) => clash(port, used))),
      explain: () => REFUSALS,
    };
  },
};
