/**
 * What comes before the end of a Pod that runs: nobody is sent to it any more, and who was sent to it already is answered. So an
 * app that ends at once when it is told to loses no request.
 *
 * Both have a limit: what is in trouble itself, or holds connections that never say anything, must not keep a Pod alive.
 */
import { sleep } from "../../base/clock.ts";
import { isOnHostNetwork, type ReadonlyPod } from "./containers.ts";
import type { PodContext } from "./context.ts";
import type { RuntimePod } from "./runtime-pod.ts";

const WITHDRAW_LIMIT_MS = 2_000;
const ANSWER_LIMIT_MS = 2_000;
/** How often open connections are looked at: at first again soon, as most requests take a moment only. */
const FIRST_LOOK_MS = 5;
const MAX_LOOK_MS = 100;

/** `graceMs`: how long the Pod may take to end; it is not kept longer than that either. */
export async function takeLeave(
  context: PodContext,
  pod: ReadonlyPod,
  runtimePod: RuntimePod,
  { graceMs, signal }: { graceMs: number; signal: AbortSignal },
): Promise<void> {
  if (context.withdraw === undefined) return;
  const limit = new AbortController();
  const served = await Promise.race([
    context.withdraw(pod.metadata.uid),
    sleep(context.clock, WITHDRAW_LIMIT_MS, AbortSignal.any([limit.signal, signal])).then(() => false),
  ]);
  limit.abort();
  const sandbox = runtimePod.sandboxes.find(({ state }) => state === "Ready");
  // On the host's network the connections of all are seen.
  if (!served || sandbox === undefined || isOnHostNetwork(pod)) return;
  await untilAnswered(context, sandbox.id, { graceMs, signal });
}

async function untilAnswered(
  { unanswered, clock, logger }: PodContext,
  sandboxId: string,
  { graceMs, signal }: { graceMs: number; signal: AbortSignal },
): Promise<void> {
  if (unanswered === undefined) return;
  const deadlineMs = clock.monotonic() + Math.min(ANSWER_LIMIT_MS, graceMs);
  try {
    for (let delayMs = FIRST_LOOK_MS; (await unanswered(sandboxId)) > 0; delayMs = Math.min(delayMs * 2, MAX_LOOK_MS)) {
      if (signal.aborted || clock.monotonic() > deadlineMs) return;
      await sleep(clock, delayMs, signal);
    }
  } catch (error) {
    logger.warn("the connections of a Pod that ends are not known", { error: String(error) });
  }
}
