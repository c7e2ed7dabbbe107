/**
 * A command with streams, or the streams of a container that runs already: who asks for it and who runs it, apart from the protocol
 * between them. https://kubernetes.io/docs/reference/kubectl/generated/kubectl_exec/
 */
import { type ByteSink, type ByteSource, ended, pump } from "../byte-stream.ts";

/** Which streams there are. With a terminal stderr is not apart. */
export interface CommandOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** How it ended: the Status that the error channel carries. */
export interface CommandStatus {
  status: "Success" | "Failure";
  message?: string;
  reason?: string;
  details?: { causes?: readonly { reason?: string; message?: string }[] };
  code?: number;
}

/** The side that runs it. Streams that were not asked for are undefined. */
export interface CommandSession {
  readonly stdin: ByteSink | undefined;
  readonly stdout: ByteSource | undefined;
  readonly stderr: ByteSource | undefined;
  resize(columns: number, rows: number): void;
  /** Nobody listens any more. What runs may go on. Idempotent. */
  abort(): void;
  /** When it has ended; output may still be on its way. Rejects where the session broke. */
  readonly ended: Promise<CommandStatus>;
}

/** The side that asked for it. */
export interface CommandClient {
  readonly stdin: ByteSource | undefined;
  readonly stdout: ByteSink | undefined;
  readonly stderr: ByteSink | undefined;
  onResize(listener: (columns: number, rows: number) => void): void;
  /** Called once, when the client is gone or was sent away. */
  onClose(listener: () => void): void;
  /** Tells how it ended, after the output that was written, and lets go of the client. */
  finish(status: CommandStatus): void;
}

const NON_ZERO_EXIT_CODE = "NonZeroExitCode";
const EXIT_CODE = "ExitCode";

export const SUCCESS: CommandStatus = { status: "Success" };

/** A command that ended with another code than 0. `why`: the runtime's words. */
export const exitStatus = (code: number, why: string): CommandStatus =>
  code === 0
    ? SUCCESS
    : {
        status: "Failure",
        reason: NON_ZERO_EXIT_CODE,
        details: { causes: [{ reason: EXIT_CODE, message: String(code) }] },
        message: `command terminated with non-zero exit code: ${why}`,
      };

/** The code of a command that ended with another one than 0; undefined where the failure is another. */
export function exitCodeOf({ reason, details }: CommandStatus): number | undefined {
  if (reason !== NON_ZERO_EXIT_CODE) return undefined;
  const code = Number(details?.causes?.find((cause) => cause.reason === EXIT_CODE)?.message);
  return Number.isInteger(code) ? code : undefined;
}

export const internalStatus = (message: string): CommandStatus => ({
  status: "Failure",
  message: `Internal error occurred: ${message}`,
  reason: "InternalError",
  details: { causes: [{ message }] },
  code: 500,
});

/** It could not be run, or was lost. `doing`: "executing command in" or "attaching to". */
export const brokenStatus = (doing: string, error: unknown): CommandStatus =>
  internalStatus(`error ${doing} container: ${error instanceof Error ? error.message : String(error)}`);

/** Joins both sides until it is over: the client gets all output before it is told how it ended. */
export async function serveCommand(client: CommandClient, session: CommandSession, doing: string): Promise<void> {
  client.onClose(() => session.abort());
  client.onResize((columns, rows) => session.resize(columns, rows));
  const output = Promise.all([ended(session.stdout), ended(session.stderr)]);
  if (client.stdin !== undefined && session.stdin !== undefined) pump(client.stdin, session.stdin);
  if (session.stdout !== undefined && client.stdout !== undefined) pump(session.stdout, client.stdout);
  if (session.stderr !== undefined && client.stderr !== undefined) pump(session.stderr, client.stderr);
  let status: CommandStatus;
  try {
    status = await session.ended;
    await output;
  } catch (error) {
    status = brokenStatus(doing, error);
  }
  client.finish(status);
}
