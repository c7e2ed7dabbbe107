/** Streams of exec, attach and port-forward: the runtime answers the URL of its streaming server, which is dialled here. */
import type { Headers, UpgradedConnection } from "../../../base/http.ts";
import { openPortForward, PORT_FORWARD_HEADERS } from "../../../streaming/port-forward/client.ts";
import { openRemoteCommand, REMOTE_COMMAND_HEADERS } from "../../../streaming/remote-command/client.ts";
import type { CommandOptions } from "../../../streaming/remote-command/command.ts";
import { type AttachRequest, type Runtime, RuntimeError } from "../runtime.ts";
import type { Connection } from "./connection.ts";
import { runtimeService as rpc } from "./services.ts";

/** Takes a connection over from a server; rejects with its words where it does not give it. */
export type StreamDial = (url: string, headers: Headers) => Promise<UpgradedConnection>;

/** Opening streams is not the runtime's work yet: it only gives a URL out. */
const REQUEST_TIMEOUT_MS = 120_000;

const noDial: StreamDial = () =>
  Promise.reject(new RuntimeError("Unimplemented", "this connection to the runtime serves no streams"));

export function streams(connection: Connection, dial: StreamDial = noDial) {
  const command = (url: string, options: CommandOptions) => ({
    open: async () => openRemoteCommand(await dial(url, REMOTE_COMMAND_HEADERS), options),
  });
  /** With a terminal there is no stderr of its own: runtimes refuse both. */
  const withoutTerminal = <Request extends AttachRequest>(request: Request): Request =>
    request.tty ? { ...request, stderr: false } : request;
  return {
    async exec(asked, options) {
      const { command: cmd, ...request } = withoutTerminal(asked);
      const { url } = await connection.unary(rpc.exec, { ...request, cmd }, options, REQUEST_TIMEOUT_MS);
      return command(url, request);
    },
    async attach(asked, options) {
      const request = withoutTerminal(asked);
      const { url } = await connection.unary(rpc.attach, request, options, REQUEST_TIMEOUT_MS);
      return command(url, request);
    },
    async portForward(podSandboxId, ports, options) {
      const { url } = await connection.unary(rpc.portForward, { podSandboxId, port: ports }, options, REQUEST_TIMEOUT_MS);
      return { open: async () => openPortForward(await dial(url, PORT_FORWARD_HEADERS)) };
    },
  } satisfies Partial<Runtime>;
}
