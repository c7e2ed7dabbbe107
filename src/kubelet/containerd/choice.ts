/** Which runtime a node gets: what was asked for, and what the machine allows. */
import { type Machine, obstacle } from "./machine.ts";
import { NodeSetupError } from "./setup-error.ts";

export interface RuntimeWish {
  /** `auto`: real containers where they can be had. */
  runtime: "auto" | "containerd" | "simulated";
  /** A CRI socket that somebody else looks after. */
  endpoint?: string | undefined;
}

export type RuntimeChoice =
  | { kind: "containerd" }
  | { kind: "endpoint"; endpoint: string }
  /** `because` is for people; empty where it was asked for. */
  | { kind: "simulated"; because: string };

/** Throws, with words for people, where what was asked for cannot be had. */
export function chooseRuntime({ runtime, endpoint }: RuntimeWish, machine: Machine): RuntimeChoice {
  if (runtime === "simulated") return { kind: "simulated", because: "" };
  if (endpoint !== undefined) return { kind: "endpoint", endpoint };
  const hindrance = obstacle(machine);
  if (hindrance === undefined) return { kind: "containerd" };
  if (runtime === "containerd") throw new NodeSetupError(hindrance.message);
  return { kind: "simulated", because: hindrance.message };
}
