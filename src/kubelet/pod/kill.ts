/**
 * Stops containers: Event, preStop hook, stop signal, and SIGKILL once the grace is over.
 *
 * Of a whole Pod the app containers are stopped at once, then sidecars one by one in reverse order, all within one grace period.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
 */
import { sleep } from "../../base/clock.ts";
import type { ContainerStatus } from "../runtime/runtime.ts";
import type { ProbeVerdicts } from "./actions.ts";
import { fieldPath, findContainer, isSidecar, type NamedContainer, type ReadonlyPod } from "./containers.ts";
import type { PodContext } from "./context.ts";
import type { RuntimePod } from "./runtime-pod.ts";

/** Also after a hook that used the grace up, a container gets a moment to end by itself. */
const LEAST_GRACE_MS = 2_000;

export interface KillOptions {
  graceMs: number;
  /** The Event's; `Stopping container NAME` where absent. */
  message?: string;
  podIp: string;
  /** Aborts when a shorter grace period takes over. */
  signal: AbortSignal;
}

export type KillContext = Pick<PodContext, "runtime" | "clock" | "events" | "runHook" | "probes">;

/** Runs the hook for at most the grace; answers how long that took. */
async function preStop(
  context: KillContext,
  pod: ReadonlyPod,
  named: NamedContainer,
  id: string,
  options: KillOptions,
): Promise<number> {
  const handler = named.container.lifecycle?.preStop;
  if (handler === undefined || options.graceMs <= 0) return 0;
  const { clock, events, runHook } = context;
  const startMs = clock.monotonic();
  // The hook ends with its container, not with our patience.
  const over = new AbortController();
  const request = { handler, pod, container: named.container, containerId: id, podIp: options.podIp, signal: options.signal };
  void runHook(request)
    .catch(() => events.event(pod, "Warning", "FailedPreStopHook", "PreStopHook failed", { fieldPath: fieldPath(named) }))
    .then(() => over.abort());
  await sleep(clock, options.graceMs, AbortSignal.any([over.signal, options.signal]));
  return clock.monotonic() - startMs;
}

export async function killContainer(
  context: KillContext,
  pod: ReadonlyPod,
  named: NamedContainer,
  id: string,
  options: KillOptions,
): Promise<void> {
  const message = options.message ?? `Stopping container ${named.container.name}`;
  context.events.event(pod, "Normal", "Killing", message, { fieldPath: fieldPath(named) });
  const usedMs = await preStop(context, pod, named, id, options);
  const graceMs = Math.max(options.graceMs - usedMs, LEAST_GRACE_MS);
  await context.runtime.stopContainer(id, graceMs, { signal: options.signal });
  context.probes.forgetContainer(id);
}

/** The grace of one container that a probe has condemned. */
export function probeGraceMs(
  pod: ReadonlyPod,
  { container }: NamedContainer,
  because: ReturnType<ProbeVerdicts["failed"]>,
): number {
  const own = because === undefined ? undefined : container[`${because}Probe`]?.terminationGracePeriodSeconds;
  return (own ?? pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
}

/** Stops everything that runs. Resolves when it has ended. */
export async function killPod(
  context: KillContext,
  pod: ReadonlyPod,
  runtimePod: RuntimePod,
  options: KillOptions,
): Promise<void> {
  const { clock } = context;
  const deadlineMs = clock.monotonic() + options.graceMs;
  const running = runtimePod.containers.filter(({ state }) => state === "Running" || state === "Unknown");
  const order = (pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const kill = async (status: ContainerStatus): Promise<void> => {
    const named = findContainer(pod, status.metadata.name);
    const graceMs = Math.max(0, deadlineMs - clock.monotonic());
    // A container that the Pod does not name any more cannot be asked.
    if (named === undefined) return context.runtime.stopContainer(status.id, graceMs, { signal: options.signal });
    await killContainer(context, pod, named, status.id, { ...options, graceMs });
  };
  const isOrdered = ({ metadata }: ContainerStatus): boolean => order.includes(metadata.name);
  const rest = Promise.all(running.filter((status) => !isOrdered(status)).map(kill));
  await within(rest, deadlineMs - clock.monotonic());
  for (const name of order.toReversed()) {
    const status = running.find(({ metadata }) => metadata.name === name);
    if (status !== undefined) await kill(status);
  }
  await rest;

  /** Sidecars wait for the others, but not beyond the grace. */
  async function within(work: Promise<unknown>, limitMs: number): Promise<void> {
    const over = new AbortController();
    const done = work.then(
      () => over.abort(),
      () => over.abort(),
    );
    await Promise.race([done, sleep(clock, Math.max(0, limitMs), over.signal)]);
  }
}
