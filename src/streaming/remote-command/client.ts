/**
 * The client's side of exec and attach over SPDY with v4.channel.k8s.io: what container runtimes' streaming servers speak.
 */
import type { UpgradedConnection } from "../../base/http.ts";
import { discard, ended, textOf } from "../byte-stream.ts";
import { spdyRequestHeaders } from "../spdy/handshake.ts";
import { type SpdySession, spdySession } from "../spdy/session.ts";
import { brokenStatus, type CommandOptions, type CommandSession, type CommandStatus, SUCCESS } from "./command.ts";
import { encodeTerminalSize } from "./terminal-size.ts";

const PROTOCOL = "v4.channel.k8s.io";
const MAX_STATUS_BYTES = 64 * 1024;
/** A server of this protocol says how it ended. */
const LOST = "the connection to the container runtime was lost";

export const REMOTE_COMMAND_HEADERS = spdyRequestHeaders([PROTOCOL]);

function statusOf(text: string): CommandStatus | undefined {
  try {
    const { status, message, reason, details, code } = JSON.parse(text) as CommandStatus;
    if (status === "Success") return SUCCESS;
    return {
      status: "Failure",
      ...(message === undefined ? {} : { message }),
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      ...(code === undefined ? {} : { code }),
    };
  } catch {
    return undefined;
  }
}

/**
 * Opens the streams on a connection that was taken over; rejects where the server refuses one. The session's `ended` never rejects:
 * a connection that breaks is a failure, too.
 */
export async function openRemoteCommand(connection: UpgradedConnection, options: CommandOptions): Promise<CommandSession> {
  const session = spdySession(connection, "client");
  try {
    return await openStreams(session, options);
  } catch (error) {
    session.abort();
    throw error;
  }
}

async function openStreams(session: SpdySession, { stdin, stdout, stderr, tty }: CommandOptions): Promise<CommandSession> {
  const open = (isWanted: boolean, streamtype: string) => (isWanted ? session.open({ streamtype }) : undefined);
  const [error, input, output, errors, sizes] = await Promise.all([
    session.open({ streamtype: "error" }),
    open(stdin, "stdin"),
    open(stdout, "stdout"),
    open(stderr && !tty, "stderr"),
    open(tty, "resize"),
  ]);
  if (input !== undefined) discard(input);
  if (sizes !== undefined) discard(sizes);
  const status = textOf(error, MAX_STATUS_BYTES);
  const whole = Promise.all([status, ended(output), ended(errors)]);
  void whole.then(() => session.close());
  return {
    stdin: input,
    stdout: output,
    stderr: errors,
    resize: (columns, rows) => void sizes?.write(encodeTerminalSize(columns, rows)),
    abort: () => session.abort(),
    ended: status.then((text) => statusOf(text) ?? brokenStatus("following the", new Error(text || LOST))),
  };
}
