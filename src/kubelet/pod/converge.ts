/** One pass for a Pod that is to run: says how it is, and does what is missing. */
import type { PodSandboxConfig } from "../runtime/config.ts";
import { errorText } from "../runtime/runtime.ts";
import { MountProblem } from "../volumes/volumes.ts";
import { type PodActions, planPod } from "./actions.ts";
import { allContainers, type PodContainer } from "./containers.ts";
import { removeRunsBeforeEnd } from "./earlier-runs.ts";
import { openHostPorts } from "./host-ports.ts";
import { killContainer, killPod, probeGraceMs } from "./kill.ts";
import { type ProblemReason, RETRY_MS, StartProblem, TURN_MS } from "./problem.ts";
import { endResize, neededResize, noteGiven, resizeContainers } from "./resize.ts";
import { restartAllContainers } from "./restart-all.ts";
import { isRunning, type RuntimePod } from "./runtime-pod.ts";
import { startContainer } from "./start-container.ts";
import { addressesOf, type PodWork, readRuntime, report, saidOf } from "./work.ts";

/** A sandbox is shown with what runs in it, unless that takes longer: then upstream's kubelet looks, and others see its address. */
const SHOW_SANDBOX_MS = 1_000;

/**
 * What failed is seen for a while before the back-off is: an ended container for a moment, ErrImagePull until the worker's next turn; and
 * so is the back-off before the next failure.
 */
function showAfterMs(reason: ProblemReason, before: string | undefined): number | undefined {
  if (reason === "CrashLoopBackOff") return 1_000;
  const isLater = reason === "ImagePullBackOff" || (reason === "ErrImagePull" && before === "ImagePullBackOff");
  return isLater ? TURN_MS : undefined;
}
const MOUNT_RETRY = { baseMs: 500, maxMs: 122_000 };

/** True where the Pod has come to its end by itself. */
export async function converge(work: PodWork, runtimePod: RuntimePod): Promise<boolean> {
  const { pod, context, messages, waiting } = work;
  followProbes(work, runtimePod);
  await openHostPorts(work, runtimePod);
  await messages.read(runtimePod);
  const resize = (id: string, container: PodContainer) => neededResize(work, container, id);
  const plan = planPod(pod, runtimePod, { ...context.probes, resize });
  endResize(work, runtimePod);
  // A container that runs waits for nothing.
  for (const { metadata, state } of runtimePod.containers) if (state === "Running") waiting.delete(metadata.name);
  // The end is said as a whole, unless something has to be stopped for it first.
  if (!plan.finished || isRunning(runtimePod)) {
    report(work, runtimePod);
    await work.outside(() => removeRunsBeforeEnd(work, runtimePod));
  }
  if (plan.finished) return true;
  const { newSandbox, kill, start } = plan;
  if (plan.restartAll) {
    await restartAllContainers(work, runtimePod, work.arm());
    work.wake();
    return false;
  }
  const isIdle = newSandbox === undefined && [kill, start, plan.resize].every(({ length }) => length === 0);
  if (!isIdle && (await act(work, plan, runtimePod))) work.wake();
  return false;
}

function followProbes(work: PodWork, runtimePod: RuntimePod): void {
  const { pod, context } = work;
  const podIp = addressesOf(work, runtimePod)[0] ?? "";
  for (const named of allContainers(pod)) {
    const status = runtimePod.containers.find(({ metadata }) => metadata.name === named.container.name);
    if (status === undefined) continue;
    if (status.state !== "Running") {
      context.probes.forgetContainer(status.id);
      continue;
    }
    const said = saidOf(work, named.container.name);
    const isSame = said?.containerID?.endsWith(status.id) ?? false;
    const before = isSame && said !== undefined ? { started: said.started ?? false, ready: said.ready } : undefined;
    context.probes.follow({ pod, named, status, podIp }, before);
  }
}

/** True where something was done that the next pass has to say. */
async function act(work: PodWork, plan: PodActions, before: RuntimePod): Promise<boolean> {
  const { pod, context, news } = work;
  const signal = work.arm();
  const mounted = setUpVolumes(work);
  // Its failure is told where it is waited for.
  mounted.catch(() => {});
  // A sandbox has no volumes: it is made beside them, where they are not what the Pod waits for.
  const beside = plan.newSandbox !== undefined && (await work.outside(() => context.volumes.foreseen(pod)));
  if (!beside && !(await work.outside(() => mounted))) return false;
  let runtimePod = before;
  for (const { id, message, because, ...named } of plan.kill) {
    if (because === undefined) work.stoppedOnPurpose.add(id);
    const podIp = addressesOf(work, runtimePod)[0] ?? "";
    const graceMs = probeGraceMs(pod, named, because);
    await work.outside(() => killContainer(context, pod, named, id, { graceMs, message, podIp, signal }));
  }
  if (plan.kill.length > 0) runtimePod = await readRuntime(work);
  const attempt = plan.newSandbox?.attempt ?? runtimePod.sandboxes[0]?.metadata.attempt ?? 0;
  const sandbox = await context.configs.sandbox(pod, attempt);
  let { sandboxId } = plan;
  if (plan.newSandbox !== undefined) {
    sandboxId = await makeSandbox(work, runtimePod, sandbox, signal);
    if (sandboxId === undefined) return false;
    runtimePod = await readSandbox(work, runtimePod, sandboxId);
    work.showAfter(SHOW_SANDBOX_MS);
    await openHostPorts(work, runtimePod);
  }
  if (!(await work.outside(() => mounted))) return false;
  const started = await startAll(work, plan, runtimePod, { sandboxId: sandboxId ?? "", sandbox, signal, news });
  return (await resizeContainers(work, plan.resize)) || started;
}

async function setUpVolumes(work: PodWork): Promise<boolean> {
  const { context, pod } = work;
  try {
    await context.volumes.setUp(pod, () => work.wake());
    work.mountFailures = 0;
    return true;
  } catch (error) {
    if (!(error instanceof MountProblem)) throw error;
    context.events.event(pod, "Warning", "FailedMount", error.message);
    work.wakeAfter(Math.min(MOUNT_RETRY.baseMs * 2 ** work.mountFailures++, MOUNT_RETRY.maxMs));
    return false;
  }
}

/** Undefined where it could not be made; that is said already. */
async function makeSandbox(
  work: PodWork,
  runtimePod: RuntimePod,
  sandbox: PodSandboxConfig,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { context, pod } = work;
  const { events, runtime } = context;
  if (runtimePod.sandboxes.length > 0) {
    events.event(pod, "Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
    const graceMs = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const podIp = addressesOf(work, runtimePod)[0] ?? "";
    await work.outside(() => killPod(context, pod, runtimePod, { graceMs, podIp, signal }));
    for (const { id } of runtimePod.sandboxes) await work.outside(() => runtime.stopPodSandbox(id));
  }
  try {
    const handler = await work.outside(() => context.runtimeHandler(pod));
    await context.configs.openCgroup(pod);
    return await work.outside(() => runtime.runPodSandbox(sandbox, handler, { signal }));
  } catch (error) {
    if (signal.aborted) throw error;
    const why = errorText(error);
    events.event(pod, "Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${why}`);
    work.wakeAfter(RETRY_MS);
    return undefined;
  }
}

/** What there is after a sandbox was made: in the usual case, where there was nothing before, that sandbox alone. */
async function readSandbox(work: PodWork, before: RuntimePod, id: string): Promise<RuntimePod> {
  if (before.sandboxes.length > 0 || before.containers.length > 0) return readRuntime(work);
  return { sandboxes: [await work.context.runtime.podSandboxStatus(id)], containers: [] };
}

async function startAll(
  work: PodWork,
  plan: PodActions,
  runtimePod: RuntimePod,
  { news, ...inSandbox }: { sandboxId: string; sandbox: PodSandboxConfig; signal: AbortSignal; news: number },
): Promise<boolean> {
  const { context, pod, waiting } = work;
  const podIps = addressesOf(work, runtimePod);
  const started: string[] = [];
  for (const named of plan.start) {
    const { name } = named.container;
    const said = saidOf(work, name);
    // One that was made and waits to be started has not run.
    const isFresh = said?.state.waiting !== undefined && said.lastState.terminated === undefined;
    const hasRun = !isFresh && (said?.containerID !== undefined || said?.lastState.terminated !== undefined);
    const restartsSaid = hasRun ? said?.restartCount : undefined;
    try {
      const request = { ...inSandbox, pod, named, runtimePod, podIps, restartsSaid };
      const id = await work.outside(() => startContainer(context, request));
      started.push(id);
      noteGiven(work, named.container, id);
      waiting.delete(name);
    } catch (error) {
      if (inSandbox.signal.aborted || !(error instanceof StartProblem)) throw error;
      await explain(work, name, error);
    }
  }
  if (runtimePod.containers.length === 0 && started.length === plan.start.length)
    await noteFirst(work, runtimePod, started, news);
  return started.length > 0;
}

/** The first containers of a sandbox are all that there is, unless there was `news` since: the next pass need not look for others. */
async function noteFirst(work: PodWork, { sandboxes }: RuntimePod, ids: readonly string[], news: number): Promise<void> {
  const { runtime } = work.context;
  const containers = await Promise.all(ids.map((id) => runtime.containerStatus(id)));
  work.known = { news, runtimePod: { sandboxes, containers } };
}

/** Says why a container does not start, and comes back when that may have changed. */
async function explain(work: PodWork, name: string, { reason, message, retryMs }: StartProblem): Promise<void> {
  const { waiting, messages } = work;
  const before = waiting.get(name)?.reason;
  waiting.set(name, { reason, message });
  work.wakeAfter(retryMs);
  if (before === reason) return;
  const showMs = showAfterMs(reason, before);
  if (showMs !== undefined) return work.showAfter(Math.min(showMs, retryMs));
  const now = await readRuntime(work);
  await messages.read(now);
  report(work, now);
}
