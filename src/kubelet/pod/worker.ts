/**
 * One worker a Pod: it alone acts for that Pod, one pass after the other, from the Pod's first sight to the last trace of it.
 *
 * Level-triggered: a pass reads what the runtime has, says so in the status, and does what is missing; whatever happens meanwhile
 * (a change of the object, an event of the runtime, a probe, a moment that was waited for) makes for one more pass. A Pod that is to
 * end interrupts the pass under way; from then on nothing is started any more. All that outlives a restart is in the runtime and
 * in the Pod's status.
 */
import type { PodStatus } from "../../api/generated/core-v1.ts";
import { AssertionError, assert } from "../../base/assert.ts";
import type { Activity, Timer } from "../../base/clock.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { backoffMs } from "../../client/backoff.ts";
import { sameContent } from "../../client/equality.ts";
import { KUBELET_CONDITIONS } from "../status/conditions.ts";
import { type EndReason, rejectedStatus } from "../status/pod-status.ts";
import { createStatusWriter } from "../status/writer.ts";
import { deathIn } from "./atomic.ts";
import { fieldPath, isTerminalPhase, type ReadonlyPod } from "./containers.ts";
import type { PodContext } from "./context.ts";
import { converge } from "./converge.ts";
import { graceMsOf, leave, terminate } from "./end.ts";
import { allocatedPod, considerResize, resizeState } from "./resize.ts";
import { NOTHING, type RuntimePod } from "./runtime-pod.ts";
import { createTerminationMessages } from "./termination-message.ts";
import { isEnding, look, type PodWork, readRuntime, report, saidOf } from "./work.ts";

export interface PodWorker {
  readonly pod: ReadonlyPod;
  /** Counts against the node's resources. */
  readonly isActive: boolean;
  /** It asks for more than the node has room for. */
  readonly waitsForRoom: boolean;
  readonly status: DeepReadonly<PodStatus>;
  update(pod: ReadonlyPod): void;
  /** The object is gone from the API server. */
  removed(): void;
  /** The runtime, or a probe, has news of it. */
  wake(): void;
  /** Ends the Pod for a reason of the node's. */
  end(reason: EndReason): void;
  /** Lets go of it; what runs goes on. */
  stop(): Promise<void>;
}

export interface PodWorkerOptions {
  context: PodContext;
  pod: ReadonlyPod;
  /** Bound to this node since this kubelet looked: the runtime cannot have anything of it. */
  isNew: boolean;
  /** Why this node does not take the Pod; asked once, and only for Pods that it has not taken already. */
  admit(pod: ReadonlyPod): EndReason | undefined;
  /** Nothing of it is left. */
  onGone(): void;
}

const RETRY = { baseMs: 500, maxMs: 10_000 };
const DEADLINE: EndReason = {
  reason: "DeadlineExceeded",
  message: "Pod was active on the node longer than the specified deadline",
};

/** Whether a change of the object asks for a pass, or only says what this node has written itself. */
function matters(before: ReadonlyPod, after: ReadonlyPod): boolean {
  const others = ({ status }: ReadonlyPod) => (status.conditions ?? []).filter(({ type }) => !KUBELET_CONDITIONS.includes(type));
  const [a, b] = [before.metadata, after.metadata];
  return (
    a.generation !== b.generation ||
    a.deletionTimestamp !== b.deletionTimestamp ||
    a.deletionGracePeriodSeconds !== b.deletionGracePeriodSeconds ||
    !sameContent(a.labels, b.labels) ||
    !sameContent(a.annotations, b.annotations) ||
    !sameContent(others(before), others(after))
  );
}

/** False where this node does not take the Pod; that is said already. */
function takeIn(work: PodWork, runtimePod: RuntimePod, admit: PodWorkerOptions["admit"]): boolean {
  const { context, pod, writer } = work;
  work.admitted = true;
  const isKnown = runtimePod.sandboxes.length > 0 || (pod.status.containerStatuses ?? []).length > 0;
  const reason = isKnown || isEnding(work) ? undefined : admit(pod);
  if (reason === undefined) return true;
  context.events.event(pod, "Warning", reason.reason, reason.message);
  work.rejected = true;
  work.ended = true;
  writer.set(rejectedStatus(pod, reason, context.clock.now()));
  return false;
}

/** Notes that the Pod is over its deadline; answers how long it still has otherwise. */
function checkDeadline(work: PodWork): number | undefined {
  const { pod, writer, context } = work;
  const { activeDeadlineSeconds } = pod.spec;
  if (activeDeadlineSeconds === undefined || isEnding(work)) return undefined;
  const { startTime } = writer.current;
  const startMs = startTime === undefined ? context.clock.now() : Date.parse(startTime);
  const leftMs = startMs + activeDeadlineSeconds * 1000 - context.clock.now();
  if (leftMs > 0) return leftMs;
  work.endReason = DEADLINE;
  context.events.event(pod, "Normal", DEADLINE.reason, DEADLINE.message);
  return undefined;
}

/** Notes that a container of an atomic Pod has died, and the Pod with it. */
async function checkDeath(work: PodWork, runtimePod: RuntimePod): Promise<void> {
  const { pod, context, messages } = work;
  if (isEnding(work)) return;
  const said = (name: string) => saidOf(work, name);
  const death = deathIn(pod, runtimePod, { probes: context.probes, said, wasStopped: (id) => work.stoppedOnPurpose.has(id) });
  if (death === undefined) return;
  // Nobody is sent to it any more while the others still have their grace.
  await messages.read(runtimePod);
  report(work, runtimePod);
  work.endReason = death.reason;
  context.events.event(pod, "Warning", death.reason.reason, death.reason.message, { fieldPath: fieldPath(death.named) });
}

async function pass(work: PodWork, admit: PodWorkerOptions["admit"], onGone: () => void): Promise<void> {
  if (work.ended) {
    if (await leave(work)) onGone();
    return;
  }
  const runtimePod = await look(work);
  if (!work.admitted && !takeIn(work, runtimePod, admit)) return work.wake();
  const leftMs = checkDeadline(work);
  await checkDeath(work, runtimePod);
  if (isEnding(work)) return terminate(work, runtimePod);
  considerResize(work, admit);
  if (await converge(work, runtimePod)) return terminate(work, await readRuntime(work));
  if (leftMs !== undefined) work.wakeAfter(leftMs);
}

/** At most one moment that is waited for: the earliest. Every pass says anew what it waits for. */
function alarm(context: PodContext, ring: () => void) {
  let timer: Timer | undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  return {
    set(delayMs: number): void {
      const wantedMs = context.clock.monotonic() + delayMs;
      if (wantedMs >= dueMs) return;
      timer?.cancel();
      dueMs = wantedMs;
      timer = context.wheel.after(delayMs, () => {
        dueMs = Number.POSITIVE_INFINITY;
        ring();
      });
    },
    cancel(): void {
      timer?.cancel();
      dueMs = Number.POSITIVE_INFINITY;
    },
  };
}

/** The interruption of what is under way by an end, and of an end by a sooner one. */
function interruption() {
  let controller = new AbortController();
  let graceMs = Number.POSITIVE_INFINITY;
  return {
    arm(newGraceMs?: number): AbortSignal {
      if (controller.signal.aborted) controller = new AbortController();
      if (newGraceMs !== undefined) graceMs = Math.min(graceMs, newGraceMs);
      return controller.signal;
    },
    endWithin(newGraceMs: number): void {
      if (newGraceMs >= graceMs) return;
      graceMs = newGraceMs;
      controller.abort();
    },
    abort: (): void => controller.abort(),
    get aborted(): boolean {
      return controller.signal.aborted;
    },
  };
}

/** Runs passes, one after the other, for as long as there is a reason for one more. */
function passes(work: PodWork, interrupt: ReturnType<typeof interruption>, once: () => Promise<void>) {
  const { clock } = work.context;
  let activity: Activity | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let failures = 0;

  function failed(error: unknown): void {
    if (work.stopped) return;
    if (interrupt.aborted) {
      again = true;
      return;
    }
    failures++;
    work.logger.warn("Pod not synced", { error: error instanceof Error ? error.message : String(error) });
    work.wakeAfter(backoffMs(RETRY, failures));
  }

  async function run(): Promise<void> {
    activity = clock.hold("Pod worker");
    // What else happens in this turn is seen by the same pass.
    await clock.pause();
    while (again && !work.stopped) {
      again = false;
      try {
        await once();
        failures = 0;
      } catch (error) {
        failed(error);
      }
    }
    activity.release();
    running = undefined;
  }

  return {
    wake(): void {
      again = true;
      if (!work.stopped) running ??= run();
    },
    async outside<T>(wait: () => Promise<T>): Promise<T> {
      assert(activity !== undefined, "only a pass waits outside");
      activity.release();
      try {
        return await wait();
      } finally {
        activity = clock.hold("Pod worker");
      }
    },
    idle: async () => running,
  };
}

function createWork({ context, pod, isNew }: PodWorkerOptions): PodWork {
  const { client, clock, wheel } = context;
  const logger = context.logger.with({ pod: `${pod.metadata.namespace}/${pod.metadata.name}` });
  const resize = resizeState(pod);
  const unset = (): never => {
    throw new AssertionError("set by the worker");
  };
  return {
    context,
    logger,
    writer: createStatusWriter({ client, clock, wheel, logger, pod }),
    messages: createTerminationMessages(context.output),
    waiting: new Map(),
    pod: allocatedPod({ resize }, pod),
    desired: pod,
    resize,
    known: isNew ? { runtimePod: NOTHING, news: 0 } : undefined,
    news: 0,
    isGone: false,
    admitted: false,
    rejected: false,
    endReason: undefined,
    ended: false,
    removing: false,
    mountFailures: 0,
    stoppedOnPurpose: new Set(),
    hostPortsIp: undefined,
    stopped: false,
    wake: unset,
    wakeAfter: unset,
    showAfter: unset,
    arm: unset,
    outside: unset,
  };
}

/** Says what is known once more. */
async function show(work: PodWork): Promise<void> {
  const now = await readRuntime(work);
  if (!isEnding(work) && !work.stopped) report(work, now);
}

function letGo(work: PodWork): void {
  const { pod, writer, context } = work;
  work.stopped = true;
  writer.stop();
  context.probes.forgetPod(pod.metadata.uid);
  context.images.forget(pod);
  context.crashes.forget(pod.metadata.uid);
}

/** True where the changed object asks for something. */
function takeOver(work: PodWork, next: ReadonlyPod): boolean {
  const before = work.desired;
  work.desired = next;
  work.pod = allocatedPod(work, next);
  work.writer.observe(next);
  if (!matters(before, next)) return false;
  work.context.volumes.update(next);
  return true;
}

export function createPodWorker(options: PodWorkerOptions): PodWorker {
  const { context, admit, onGone } = options;
  const work = createWork(options);
  const interrupt = interruption();
  const loop = passes(work, interrupt, () => pass(work, admit, gone));
  const wakeUp = alarm(context, loop.wake);
  const showing = alarm(context, () => void show(work).catch(() => loop.wake()));
  work.wake = loop.wake;
  work.outside = loop.outside;
  work.arm = interrupt.arm;
  work.wakeAfter = wakeUp.set;
  work.showAfter = showing.set;

  function release(): void {
    wakeUp.cancel();
    showing.cancel();
    letGo(work);
  }

  function gone(): void {
    release();
    onGone();
  }

  function changed(): void {
    if (isEnding(work) && !work.ended) interrupt.endWithin(graceMsOf(work.pod));
    loop.wake();
  }

  loop.wake();
  return {
    get pod() {
      return work.pod;
    },
    get isActive() {
      return !work.ended && !isTerminalPhase(work.writer.current.phase);
    },
    get waitsForRoom() {
      return work.resize.pending !== undefined;
    },
    get status() {
      return work.writer.current;
    },
    update(next) {
      if (takeOver(work, next)) changed();
    },
    removed() {
      work.isGone = true;
      changed();
    },
    wake() {
      work.news++;
      loop.wake();
    },
    end(reason) {
      work.endReason ??= reason;
      changed();
    },
    async stop() {
      release();
      interrupt.abort();
      await loop.idle();
    },
  };
}
