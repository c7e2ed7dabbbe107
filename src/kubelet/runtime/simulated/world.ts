/** The state of a simulated runtime, and what its calls have in common. */
import { encodeHex } from "../../../base/bytes.ts";
import { type Clock, during, sleep } from "../../../base/clock.ts";
import type { Entropy } from "../../../base/entropy.ts";
import type { PodSandboxConfig } from "../config.ts";
import { type ContainerEvent, type ContainerEventType, type PodSandboxStatus, RuntimeError } from "../runtime.ts";
import type { Addresses } from "./addresses.ts";
import type { SimulatedContainer } from "./container.ts";
import type { SimulatedImages } from "./images.ts";

/** How long each call takes, in milliseconds. */
export interface Latencies {
  sandbox: number;
  create: number;
  start: number;
  stop: number;
}

export interface Sandbox extends PodSandboxStatus {
  readonly config: PodSandboxConfig;
  readonly containers: Map<string, SimulatedContainer>;
}

export interface World {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly images: SimulatedImages;
  readonly latencies: Latencies;
  readonly nodeAddress: string;
  readonly sandboxes: Map<string, Sandbox>;
  readonly containers: Map<string, SimulatedContainer>;
  /** Full names of images that this node has fetched. */
  readonly pulled: Set<string>;
  readonly listeners: Set<(event: ContainerEvent) => void>;
  range: string;
  addresses: Addresses;
  /** Every call, as `method id-or-name`, where a test asked for it. */
  calls: string[] | undefined;
}

export const newId = ({ entropy }: World): string => encodeHex(entropy.bytes(32));

export const hasImage = ({ pulled, images }: World, name: string): boolean => pulled.has(name) || images.facts(name).present;

export const hasLabels = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>> = {}): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

/** The shape of every call: virtual time stands still while it works, and goes on while it waits. */
export async function call<T>({ clock }: World, latencyMs: number, work: () => T | Promise<T>): Promise<T> {
  if (latencyMs > 0) await sleep(clock, latencyMs);
  return during(clock, "simulated runtime", async () => work());
}

export const note = ({ calls }: World, method: string, what: string): void => void calls?.push(`${method} ${what}`);

export function tell({ listeners, clock }: World, type: ContainerEventType, containerId: string, podUid: string): void {
  const event = { type, containerId, podUid, createdAtMs: clock.now() };
  for (const listener of listeners) listener(event);
}

export function sandboxOf({ sandboxes }: World, id: string): Sandbox {
  const sandbox = sandboxes.get(id);
  if (sandbox === undefined) throw new RuntimeError("NotFound", `an error occurred when try to find sandbox "${id}": not found`);
  return sandbox;
}

export function containerOf({ containers }: World, id: string): SimulatedContainer {
  const container = containers.get(id);
  if (container === undefined)
    throw new RuntimeError("NotFound", `an error occurred when try to find container "${id}": not found`);
  return container;
}
