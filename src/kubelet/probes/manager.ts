/**
 * Runs the probes of all containers of a node, on the kubelet's one wheel, and knows what they have said.
 *
 * A container's probes begin when it is seen running: liveness and readiness once its startup probe has succeeded. What counts is
 * the result after as many outcomes in a row as the thresholds say; only a changed result wakes the Pod's worker.
 * https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
import type { Probe } from "../../api/generated/shared.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { ProbeVerdicts } from "../pod/actions.ts";
import { fieldPath, isSidecar, type NamedContainer, type PodContainer, type ReadonlyPod } from "../pod/containers.ts";
import type { ContainerStatus } from "../runtime/runtime.ts";
import type { Wheel } from "../wheel.ts";
import type { ProbeKind, Prober } from "./prober.ts";

export interface ProbeManager extends ProbeVerdicts {
  ready(containerId: string, container: PodContainer): boolean;
  /** The container runs: sees to its probes. `before`: what was known of it, so that a restarted kubelet does not unready it. */
  follow(target: ProbeTarget, before: { started: boolean; ready: boolean } | undefined): void;
  /** No liveness and startup probes any more: the Pod is being stopped. */
  stopKilling(uid: string): void;
  forgetContainer(containerId: string): void;
  forgetPod(uid: string): void;
}

export interface ProbeTarget {
  pod: ReadonlyPod;
  named: NamedContainer;
  status: ContainerStatus;
  podIp: string;
}

export interface ProbeManagerOptions {
  prober: Prober;
  clock: Clock;
  wheel: Wheel;
  events: EventRecorder;
  /** A result changed: look at that Pod again. */
  onChange(uid: string): void;
}

/** One kind of probe of one container. */
interface Running {
  timer: Timer | undefined;
  /** Equal outcomes in a row. */
  streak: number;
  last: boolean | undefined;
}

interface Tracked {
  target: ProbeTarget;
  /** The results that count; undefined before the first. */
  results: Partial<Record<ProbeKind, boolean>>;
  running: Map<ProbeKind, Running>;
  gone: boolean;
  stopping: boolean;
}

const KINDS = ["startup", "readiness", "liveness"] as const;
/** So that what a container is before its first probe can be seen, and it has a moment to listen. */
const FIRST_MS = 100;
const NAMES: Record<ProbeKind, string> = { startup: "Startup", readiness: "Readiness", liveness: "Liveness" };

const probeOf = (container: PodContainer, kind: ProbeKind): DeepReadonly<Probe> | undefined => container[`${kind}Probe`];

const hasStarted = (entry: Tracked | undefined, container: PodContainer): boolean =>
  container.startupProbe === undefined || entry?.results.startup === true;

/** A startup probe ends with its verdict; liveness that failed for good waits for the container to be replaced. */
const goesOn = ({ results }: Tracked, kind: ProbeKind): boolean =>
  kind === "readiness" || (kind === "liveness" ? results.liveness !== false : results.startup === undefined);

const isOver = (entry: Tracked, kind: ProbeKind): boolean => entry.gone || (entry.stopping && kind !== "readiness");

/** Begins the probes whose time has come. */
function begin(options: ProbeManagerOptions, entry: Tracked): void {
  const { named, status } = entry.target;
  const { container, kind: place } = named;
  // Init containers that come to an end, and ephemeral ones, have no probes.
  if (place === "ephemeral" || (place === "init" && !isSidecar(container))) return;
  for (const kind of KINDS) {
    const probe = probeOf(container, kind);
    if (probe === undefined || entry.running.has(kind)) continue;
    if (kind === "startup" ? entry.results.startup === true : !hasStarted(entry, container)) continue;
    entry.running.set(kind, { timer: undefined, streak: 0, last: undefined });
    const delayMs = status.startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000 - options.clock.now();
    schedule(options, entry, kind, Math.max(delayMs, FIRST_MS));
  }
}

function schedule(options: ProbeManagerOptions, entry: Tracked, kind: ProbeKind, delayMs: number): void {
  const run = entry.running.get(kind);
  if (run === undefined || entry.gone) return;
  run.timer = options.wheel.after(delayMs, () => void runOnce(options, entry, kind));
}

async function runOnce(options: ProbeManagerOptions, entry: Tracked, kind: ProbeKind): Promise<void> {
  const { prober, clock, events } = options;
  const { pod, named, status, podIp } = entry.target;
  const { container } = named;
  const probe = probeOf(container, kind);
  if (probe === undefined || isOver(entry, kind)) return;
  const startMs = clock.monotonic();
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  const { result, output } = await prober.probe({ kind, probe, pod, container, containerId: status.id, podIp, timeoutMs });
  if (isOver(entry, kind)) return;
  if (result !== "success") {
    const verb = result === "error" ? "errored" : "failed";
    events.event(pod, "Warning", "Unhealthy", `${NAMES[kind]} probe ${verb}: ${output}`, { fieldPath: fieldPath(named) });
  }
  if (result !== "error") count(options, entry, kind, result === "success");
  const periodMs = (probe.periodSeconds ?? 10) * 1000;
  if (goesOn(entry, kind)) schedule(options, entry, kind, Math.max(0, periodMs - (clock.monotonic() - startMs)));
}

function count(options: ProbeManagerOptions, entry: Tracked, kind: ProbeKind, success: boolean): void {
  const { pod, named } = entry.target;
  const run = entry.running.get(kind);
  const probe = probeOf(named.container, kind);
  if (run === undefined || probe === undefined) return;
  run.streak = run.last === success ? run.streak + 1 : 1;
  run.last = success;
  const threshold = success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  if (run.streak < threshold || entry.results[kind] === success) return;
  entry.results[kind] = success;
  if (kind === "startup" && success) begin(options, entry);
  // That a container lives is no news.
  if (kind !== "liveness" || !success) options.onChange(pod.metadata.uid);
}

function stop(entry: Tracked): void {
  entry.gone = true;
  for (const { timer } of entry.running.values()) timer?.cancel();
}

function track(
  options: ProbeManagerOptions,
  target: ProbeTarget,
  before: { started: boolean; ready: boolean } | undefined,
): Tracked {
  const { container } = target.named;
  const results: Tracked["results"] = {};
  if (before?.started && container.startupProbe !== undefined) results.startup = true;
  if (before?.ready && container.readinessProbe !== undefined) results.readiness = true;
  const entry: Tracked = { target, results, running: new Map(), gone: false, stopping: false };
  begin(options, entry);
  return entry;
}

export function createProbeManager(options: ProbeManagerOptions): ProbeManager {
  const tracked = new Map<string, Tracked>();
  const ofPod = (uid: string): Tracked[] => [...tracked.values()].filter(({ target }) => target.pod.metadata.uid === uid);

  function forgetContainer(containerId: string): void {
    const entry = tracked.get(containerId);
    if (entry !== undefined) stop(entry);
    tracked.delete(containerId);
  }

  return {
    started: (containerId, container) => hasStarted(tracked.get(containerId), container),
    ready: (containerId, container) =>
      container.readinessProbe === undefined || tracked.get(containerId)?.results.readiness === true,
    failed(containerId) {
      const results = tracked.get(containerId)?.results;
      return results?.startup === false ? "startup" : results?.liveness === false ? "liveness" : undefined;
    },
    follow(target, before) {
      const known = tracked.get(target.status.id);
      if (known === undefined) tracked.set(target.status.id, track(options, target, before));
      else known.target = target;
    },
    stopKilling(uid) {
      for (const entry of ofPod(uid)) entry.stopping = true;
    },
    forgetContainer,
    forgetPod(uid) {
      for (const { target } of ofPod(uid)) forgetContainer(target.status.id);
    },
  };
}
