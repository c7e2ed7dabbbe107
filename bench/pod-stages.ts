/** Where the time of a Pod's start goes: what the agent called, beside what a client saw. */
import type { TracedCall } from "./agent-trace.ts";
import type { Sighting } from "./pod-watch.ts";

export interface PodStart extends Sighting {
  name: string;
  /** When the POST was sent, and answered. */
  postedMs: number;
  answeredMs: number;
}

/** Milliseconds each. */
export interface Stages {
  answered: number;
  /** From there until a watcher saw the binding. */
  bound: number;
  /** Until the agent asked for the sandbox. */
  asked: number;
  /** The runtime's three calls. */
  runtime: number;
  /** Between them. */
  between: number;
  /** Until the status was sent. */
  told: number;
  /** Until a watcher saw it. */
  seen: number;
}

type Named = { metadata: { name: string } };

/** Undefined where not all of it was noted. */
function stagesOf(start: PodStart, calls: readonly TracedCall[]): Stages | undefined {
  const { name, postedMs, answeredMs, boundMs, runningMs } = start;
  const sandbox = calls.find(
    ({ what, request }) => what === "RunPodSandbox" && (request?.config as Named | undefined)?.metadata.name === name,
  );
  const created = calls.find(
    ({ what, request }) => what === "CreateContainer" && (request?.sandboxConfig as Named | undefined)?.metadata.name === name,
  );
  const id = created?.answer?.containerId;
  const started = calls.find(({ what, request }) => what === "StartContainer" && request?.containerId === id);
  if (!sandbox || !created || !started || boundMs === undefined || runningMs === undefined) return undefined;
  const told = calls.find(({ what, beganMs }) => what.includes(`/pods/${name}/status`) && beganMs >= started.endedMs);
  if (told === undefined) return undefined;
  const runtime = [sandbox, created, started].reduce((sum, { beganMs, endedMs }) => sum + endedMs - beganMs, 0);
  return {
    answered: answeredMs - postedMs,
    bound: boundMs - answeredMs,
    asked: sandbox.beganMs - boundMs,
    runtime,
    between: started.endedMs - sandbox.beganMs - runtime,
    told: told.beganMs - started.endedMs,
    seen: runningMs - told.beganMs,
  };
}

export const stagesOfAll = (starts: readonly PodStart[], calls: readonly TracedCall[]): Stages[] =>
  starts.flatMap((start) => stagesOf(start, calls) ?? []);

export const ownTime = ({ runtime: _, ...own }: Stages): number => Object.values(own).reduce((sum, ms) => sum + ms, 0);
