/**
 * exec, attach and port-forward of simulated containers: sessions in memory. A command does what commands.ts says; attach shows the
 * log and, where the container has a stdin, what is typed comes back; a port on which a container `listens` answers with what it
 * was sent, any other refuses.
 */
import { decodeUtf8 } from "../../../base/bytes.ts";
import { type ByteSource, ended, pump } from "../../../streaming/byte-stream.ts";
import { Pipe } from "../../../streaming/pipe.ts";
import type { PortForwardSession } from "../../../streaming/port-forward/session.ts";
import { type CommandSession, type CommandStatus, exitStatus, SUCCESS } from "../../../streaming/remote-command/command.ts";
import type { ContainerOutput } from "../output.ts";
import type { AttachRequest, RuntimeService } from "../runtime.ts";
import { execute, perform, requireRunning } from "./execution.ts";
import { containerOf, type Sandbox, sandboxOf, type World } from "./world.ts";

type StreamCalls = Pick<RuntimeService, "execSync" | "exec" | "attach" | "portForward">;

interface Io {
  readonly stdin: Pipe;
  readonly stdout: Pipe;
  readonly signal: AbortSignal;
}

/** A session around `run`, which has begun already. Its output ends with it. */
function session(request: AttachRequest, run: (io: Io) => Promise<CommandStatus>): CommandSession {
  const stdin = new Pipe();
  const stdout = new Pipe();
  const stderr = new Pipe();
  const aborting = new AbortController();
  if (!request.stdin) stdin.end();
  const status = run({ stdin, stdout, signal: aborting.signal }).finally(() => {
    stdin.end();
    stdout.end();
    stderr.end();
  });
  // The caller may look at the end later.
  status.catch(() => {});
  return {
    stdin: request.stdin ? stdin : undefined,
    stdout: request.stdout ? stdout : undefined,
    stderr: request.stderr && !request.tty ? stderr : undefined,
    resize() {},
    abort: () => aborting.abort(),
    ended: status,
  };
}

/** Until the source has ended, or nobody waits for it any more. */
const endedOr = (signal: AbortSignal, source: ByteSource): Promise<void> =>
  new Promise((resolve) => {
    void ended(source).then(resolve);
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

function forwarding({ id, containers }: Sandbox): PortForwardSession {
  const onClose: (() => void)[] = [];
  const open = new Set<Pipe>();
  return {
    async connect(port) {
      const isListening = [...containers.values()].some(
        ({ state, behaviour }) => state === "Running" && behaviour.listens?.includes(port) === true,
      );
      if (!isListening) {
        throw new Error(
          `error forwarding port ${port} to pod ${id}, uid : failed to execute portforward in network namespace "${id}": failed to ` +
            `connect to localhost:${port} inside namespace "${id}", IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused ` +
            "IPv6 dial tcp6: address localhost: no suitable address ",
        );
      }
      // What is written comes back.
      const stream = new Pipe();
      open.add(stream);
      return { stream, failure: ended(stream).then(() => void open.delete(stream)) };
    },
    abort() {
      for (const stream of open) stream.abort();
      for (const listener of onClose.splice(0)) listener();
    },
    onClose: (listener) => void onClose.push(listener),
  };
}

export const streamCalls = (world: World, output: ContainerOutput): StreamCalls => ({
  execSync: async (id, command, options) => execute(world.clock, containerOf(world, id), command, options),
  async exec({ command, ...request }) {
    const container = containerOf(world, request.containerId);
    requireRunning(container);
    const run = async ({ stdin, stdout, signal }: Io): Promise<CommandStatus> => {
      const io = {
        write: (bytes: Uint8Array) => void stdout.write(bytes),
        copy(until: AbortSignal) {
          pump(stdin, stdout);
          return endedOr(until, stdin);
        },
      };
      const code = await perform({ clock: world.clock, container, io }, command, { signal });
      return exitStatus(code, `error executing command [${command.join(" ")}], exit code ${code}`);
    };
    return { open: async () => session(request, run) };
  },
  async attach(request) {
    const { containerId } = request;
    const container = containerOf(world, containerId);
    requireRunning(container);
    const run = async ({ stdin, stdout, signal }: Io): Promise<CommandStatus> => {
      stdin.onData((bytes) => {
        if (container.config.stdin) container.write("stdout", decodeUtf8(bytes));
      });
      const options = { follow: true, tailLines: 0, ended: () => container.state !== "Running", signal };
      for await (const { bytes } of output.logs({ containerId, path: "" }, options))
        if (!stdout.write(bytes)) await stdout.drained();
      return SUCCESS;
    };
    return { open: async () => session(request, run) };
  },
  async portForward(podSandboxId) {
    const sandbox = sandboxOf(world, podSandboxId);
    return { open: async () => forwarding(sandbox) };
  },
});
