/**
 * Pods without Kubernetes: the runtime is driven directly, with the very requests that the agent sent it for a Pod of the benchmark,
 * but for names, uid and the files that the agent writes for each Pod: those are the model's.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { realClock } from "../src/base/clock.ts";
import { connect } from "../src/kubelet/runtime/cri/connection.ts";
import { runtimeService as rpc } from "../src/kubelet/runtime/cri/services.ts";
import type { TracedCall } from "./agent-trace.ts";

export interface BarePods {
  /** Answers how long it took to run, in milliseconds. */
  start(name: string): Promise<number>;
  /** Answers how long it took to stop and remove it. */
  end(name: string): Promise<number>;
  close(): void;
}

interface Config extends Record<string, unknown> {
  metadata: { name: string; uid: string };
  logDirectory: string;
}

/** The requests for the model, a Pod of one container that still runs. */
interface Model {
  sandbox: Config;
  container: Record<string, unknown>;
  runtimeHandler: string;
}

function modelOf(calls: readonly TracedCall[], pod: string): Model {
  const made = calls.find(
    ({ what, request }) => what === "RunPodSandbox" && (request?.config as Config | undefined)?.metadata.name === pod,
  );
  const created = calls.find(
    ({ what, request }) => what === "CreateContainer" && (request?.sandboxConfig as Config | undefined)?.metadata.name === pod,
  );
  if (made?.request === undefined || created?.request === undefined) throw new Error(`the agent did not start the Pod ${pod}`);
  return {
    sandbox: made.request.config as Config,
    container: created.request.config as Record<string, unknown>,
    runtimeHandler: (made.request.runtimeHandler as string | undefined) ?? "",
  };
}

/** The same for a Pod of another name, of which the uid is the name. */
function renamed<T>(config: T, { metadata }: Config, name: string): T {
  return JSON.parse(JSON.stringify(config).replaceAll(metadata.uid, name).replaceAll(metadata.name, name)) as T;
}

/** `root`: how the runtime's files are seen from here. */
export async function barePods(options: {
  socket: string;
  calls: readonly TracedCall[];
  model: string;
  root: string;
}): Promise<BarePods> {
  const connection = connect(options.socket, realClock);
  const { sandbox, container, runtimeHandler } = modelOf(options.calls, options.model);
  const ids = new Map<string, { podSandboxId: string; containerId: string }>();
  return {
    async start(name) {
      // Without the label by which a kubelet knows its own: it would sweep up a Pod that the API server does not have.
      const config = { ...renamed(sandbox, sandbox, name), labels: {} };
      const own = { ...renamed({ ...container, mounts: [] }, sandbox, name), mounts: container.mounts };
      mkdirSync(join(options.root, config.logDirectory, String(Object(container.metadata).name)), { recursive: true });
      const beganMs = performance.now();
      const { podSandboxId } = await connection.unary(rpc.runPodSandbox, { config, runtimeHandler } as object);
      const request = { podSandboxId, config: own, sandboxConfig: config } as object;
      const { containerId } = await connection.unary(rpc.createContainer, request);
      await connection.unary(rpc.startContainer, { containerId });
      ids.set(name, { podSandboxId, containerId });
      return performance.now() - beganMs;
    },
    async end(name) {
      const { podSandboxId = "", containerId = "" } = ids.get(name) ?? {};
      ids.delete(name);
      const beganMs = performance.now();
      await connection.unary(rpc.stopContainer, { containerId, timeout: 2 });
      await connection.unary(rpc.stopPodSandbox, { podSandboxId });
      const tookMs = performance.now() - beganMs;
      await connection.unary(rpc.removeContainer, { containerId });
      await connection.unary(rpc.removePodSandbox, { podSandboxId });
      return tookMs;
    },
    close: () => connection.close(),
  };
}
