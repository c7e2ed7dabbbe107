/**
 * Lifecycle hooks: what is run in or asked of a container right after its start and before its stop.
 * https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
 */
import type { LifecycleHandler } from "../../api/generated/shared.ts";
import { decodeUtf8 } from "../../base/bytes.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
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

/** Asks a URL as hooks do; rejects where nobody answers or the answer is an error. Absent in simulation: every hook's peer is there. */
export type HookHttp = (request: {
  url: string;
  headers: readonly { name: string; value: string }[];
  signal: AbortSignal;
}) => Promise<void>;

export function hookRunner(runtime: RuntimeService, clock: Clock, http: HookHttp | undefined): RunHook {
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

  async function get({ handler, container, podIp, signal }: HookRequest): Promise<void> {
    const action = handler.httpGet;
    if (action === undefined || http === undefined) return;
    const port = portOf(action.port, container);
    if (port === undefined) throw new Error(`couldn't find port: ${action.port} in container ${container.name}`);
    const headers = (action.httpHeaders ?? []).map(({ name, value }) => ({ name, value: value ?? "" }));
    await http({ url: httpUrl(action, action.host || podIp, port), headers, signal });
  }

  return async (request) => {
    const { handler, signal } = request;
    if (handler.exec !== undefined) return exec(request);
    if (handler.httpGet !== undefined) return get(request);
    if (handler.sleep !== undefined) return sleep(clock, handler.sleep.seconds * 1000, signal);
  };
}
