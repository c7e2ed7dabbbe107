/**
 * gRPC calls over a unix socket: what a kubelet needs of them, on Node's HTTP/2.
 *
 * One connection carries all calls; the next call after its end opens another. A runtime that is away is `Unavailable` at once.
 * Messages are neither compressed nor understood here. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { connect as connectSocket } from "node:net";
import type { Clock } from "../../../base/clock.ts";
import type { RuntimeErrorCode } from "../runtime.ts";

/** How a call ended: `code` is undefined where all went well. */
export interface Outcome {
  code: RuntimeErrorCode | undefined;
  /** The runtime's own; empty where it never said anything. */
  message: string;
}

export interface GrpcCall {
  /** `/package.Service/Method` */
  path: string;
  message: Uint8Array;
  onMessage(message: Uint8Array): void;
  signal: AbortSignal | undefined;
  /** None: as long as it takes. */
  timeoutMs: number | undefined;
}

export interface GrpcConnection {
  /** Never rejects. */
  call(call: GrpcCall): Promise<Outcome>;
  close(): void;
}

/** By gRPC's status number. */
const CODES: readonly (RuntimeErrorCode | undefined)[] = [
  undefined,
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
];

/** Lists of a full node stay far below this. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** So much may be on its way to us before we have read any of it. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** What Node may keep for all calls together, in megabytes. */
const MAX_SESSION_MEMORY_MB = 256;
/** A flag for compression and the length. */
const PREFIX_BYTES = 5;
/** The protocol's numbers have eight digits at most. */
const MAX_TIMEOUT_MS = 99_999_999;

export function grpcConnection(socketPath: string, clock: Clock): GrpcConnection {
  let session: ClientHttp2Session | undefined;
  let closed = false;

  function open(): ClientHttp2Session {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const opened = connect("http://localhost", {
      createConnection: () => connectSocket(socketPath),
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
      maxSessionMemory: MAX_SESSION_MEMORY_MB,
    });
    opened.once("connect", () => opened.setLocalWindowSize(2 * WINDOW_BYTES));
    // Its calls are told, each by itself.
    opened.on("error", () => {});
    session = opened;
    return opened;
  }

  return {
    call(call) {
      if (closed || call.signal?.aborted) return Promise.resolve({ code: "Canceled", message: "" });
      return new Promise((resolve) => {
        try {
          run(open(), clock, call, resolve);
        } catch (error) {
          // It went while it was asked.
          resolve({ code: "Unavailable", message: messageOf(error) });
        }
      });
    },
    close() {
      closed = true;
      session?.destroy();
    },
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function run(session: ClientHttp2Session, clock: Clock, call: GrpcCall, resolve: (outcome: Outcome) => void): void {
  const { path, message, onMessage, signal, timeoutMs } = call;
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...(timeoutMs === undefined ? {} : { "grpc-timeout": `${Math.min(Math.ceil(timeoutMs), MAX_TIMEOUT_MS)}m` }),
  });
  const end = (outcome: Outcome): void => {
    limit?.cancel();
    signal?.removeEventListener("abort", cancel);
    stream.close(constants.NGHTTP2_CANCEL);
    resolve(outcome);
  };
  const cancel = (): void => end({ code: "Canceled", message: "" });
  const limit =
    timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => end({ code: "DeadlineExceeded", message: "" }));
  signal?.addEventListener("abort", cancel, { once: true });
  const messages = messageReader(onMessage);
  stream.on("data", (bytes: Buffer) => {
    const refused = messages(bytes);
    if (refused !== undefined) end(refused);
  });
  let said: Outcome | undefined;
  const listen = (headers: Headers): void => {
    said ??= outcomeOf(headers);
  };
  stream.on("response", listen);
  stream.on("trailers", listen);
  let broken: Outcome | undefined;
  stream.on("error", (error) => {
    broken = brokenOff(error, stream);
  });
  // After everything else, whatever happened.
  stream.on("close", () => end(said ?? broken ?? { code: "Unavailable", message: "the runtime broke off" }));
  stream.end(framed(message));
}

type Headers = IncomingHttpHeaders & IncomingHttpStatusHeader;

/** Undefined where nothing is said yet. */
function outcomeOf(headers: Headers): Outcome | undefined {
  const status = headers["grpc-status"];
  if (status !== undefined) {
    const number = Number(status);
    const code = number === 0 ? undefined : (CODES[number] ?? "Unknown");
    return { code, message: unescaped(String(headers["grpc-message"] ?? "")) };
  }
  const http = headers[":status"];
  if (http === undefined || http === 200) return undefined;
  return { code: "Unavailable", message: `the runtime answered with HTTP status ${http}` };
}

function unescaped(words: string): string {
  try {
    return decodeURIComponent(words);
  } catch {
    return words;
  }
}

function brokenOff(error: Error, { rstCode }: ClientHttp2Stream): Outcome {
  if (rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM) return { code: "ResourceExhausted", message: error.message };
  return { code: "Unavailable", message: error.message };
}

function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}

/** Takes bytes as they come and hands on whole messages; answers why where it takes no more. */
function messageReader(onMessage: (message: Uint8Array) => void): (bytes: Buffer) => Outcome | undefined {
  let parts: Buffer[] = [];
  let size = 0;
  /** As many bytes as are needed before there is anything to do. */
  let needed = PREFIX_BYTES;
  return (bytes) => {
    parts.push(bytes);
    size += bytes.length;
    if (size < needed) return undefined;
    const all = parts.length === 1 ? bytes : Buffer.concat(parts);
    let at = 0;
    needed = PREFIX_BYTES;
    while (all.length - at >= PREFIX_BYTES) {
      const length = all.readUInt32BE(at + 1);
      if (all[at] !== 0) return { code: "Internal", message: "the runtime compresses its answers, which it was not asked to" };
      if (length > MAX_MESSAGE_BYTES) return { code: "ResourceExhausted", message: `an answer of ${length} bytes is too long` };
      needed = PREFIX_BYTES + length;
      if (all.length - at < needed) break;
      try {
        onMessage(all.subarray(at + PREFIX_BYTES, at + needed));
      } catch (error) {
        return { code: "Internal", message: `an answer cannot be read: ${messageOf(error)}` };
      }
      at += needed;
      needed = PREFIX_BYTES;
    }
    parts = at === all.length ? [] : [all.subarray(at)];
    size = all.length - at;
    return undefined;
  };
}
