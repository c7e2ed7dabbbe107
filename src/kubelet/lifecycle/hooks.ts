/**
 * Lifecycle hooks: what is run in or asked of a container right after its start and before its stop.
 * https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
 */
import type { LifecycleHandler } from "../../api/generated/shared.ts";
import { decodeUtf8 } from "../../base/bytes.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { PodContainer, ReadonlyPod } from "../pod/containers.ts";
import { podName } from "../pod/containers.ts";
import { httpUrl, portOf } from "../probes/prober.ts";
import type { RuntimeService } from "../runtime/runtime.ts";

export interface HookRequest {
  handler: DeepReadonly<LifecycleHandler>;
  pod: ReadonlyPod;
  container: PodContainer;
  containerId: string;
  podIp: string;
  signal: AbortSignal;
}

/** Rejects with an Error in upstream's words where the hook failed; resolves where it succeeded. */
export type RunHook = (request: HookRequest) => Promise<void>;

/** Asks a URL as hooks do; rejects where nobody answers. Absent in simulation: every hook's peer is there. */
export type HookHttp = (request: {
  url: string;
  headers: readonly { name: string; value: string }[];
  signal: AbortSignal;
}) => Promise<{ fellBack: boolean }>;

/** As Go prints a handler of a kind that cannot be run. */
const printed = ({ tcpSocket }: HookRequest["handler"]): string => {
  const { port = 0, host = "" } = tcpSocket ?? {};
  const kindOfPort = typeof port === "number" ? `{0 ${port} }` : `{1 0 ${port}}`;
  const socket = tcpSocket === undefined ? "nil" : `&TCPSocketAction{Port:${kindOfPort},Host:${host},}`;
  return `&LifecycleHandler{Exec:nil,HTTPGet:nil,TCPSocket:${socket},Sleep:nil,}`;
};

export interface HookRunnerOptions {
  runtime: RuntimeService;
  clock: Clock;
  events: EventRecorder;
  http: HookHttp | undefined;
}

export function hookRunner({ runtime, clock, events, http }: HookRunnerOptions): RunHook {
  async function exec({ handler, pod, container, containerId, signal }: HookRequest): Promise<void> {
    const command = handler.exec?.command ?? [];
    const failed = (why: string, output: string): Error =>
      new Error(
        `Exec lifecycle hook ([${command.join(" ")}]) for Container "${container.name}" in Pod "${podName(pod)}" failed - error: ${why}, message: "${output}"`,
      );
    let outcome: Awaited<ReturnType<RuntimeService["execSync"]>>;
    try {
      outcome = await runtime.execSync(containerId, command, { signal });
    } catch (error) {
      throw failed(error instanceof Error ? error.message : String(error), "");
    }
    const output = decodeUtf8(outcome.stdout) + decodeUtf8(outcome.stderr);
    if (outcome.exitCode !== 0) throw failed(`command '${command.join(" ")}' exited with ${outcome.exitCode}: ${output}`, output);
  }

  async function get({ handler, pod, container, podIp, signal }: HookRequest): Promise<void> {
    const action = handler.httpGet;
    if (action === undefined || http === undefined) return;
    const port = portOf(action.port, container);
    if (port === undefined) throw new Error(`couldn't find port: ${action.port} in container ${container.name}`);
    const headers = (action.httpHeaders ?? []).map(({ name, value }) => ({ name, value: value ?? "" }));
    const url = httpUrl(action, action.host || podIp, port);
    const { fellBack } = await http({ url, headers, signal });
    if (!fellBack) return;
    const message = `request to HTTPS lifecycle hook ${new URL(url).host} got HTTP response, retry with HTTP succeeded`;
    events.event(pod, "Warning", "LifecycleHTTPFallback", message);
  }

  /** Whatever goes wrong is told with the hook that it went wrong in. */
  async function named(hook: string, { pod, container }: HookRequest, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${hook} for Container "${container.name}" in Pod "${podName(pod)}" failed - error: ${why}`, {
        cause: error,
      });
    }
  }

  return async (request) => {
    const { handler, signal } = request;
    if (handler.exec !== undefined) return exec(request);
    if (handler.httpGet !== undefined) return named(`HTTP lifecycle hook (${handler.httpGet.path ?? ""})`, request, get(request));
    if (handler.sleep !== undefined) return sleep(clock, handler.sleep.seconds * 1000, signal);
    throw new Error(`Cannot run handler: invalid handler: ${printed(handler)}`);
  };
}
