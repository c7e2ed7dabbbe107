/** A connection to a runtime: typed calls in, RuntimeError out. */
import { channel } from "node:diagnostics_channel";
import { type Clock, during } from "../../../base/clock.ts";
import { type CallOptions, RuntimeError } from "../runtime.ts";
import { type GrpcConnection, grpcConnection, type Outcome } from "./grpc.ts";
import { type Decoded, decode, type Encodable, encode, type Fields, type Message } from "./protobuf.ts";
import type { Call } from "./services.ts";

export interface Connection {
  /** `timeoutMs` of the options stands before `defaultTimeoutMs`; neither: no deadline. */
  unary<Request extends Message<Fields>, Response extends Message<Fields>>(
    call: Call<Request, Response>,
    request: Encodable<Request>,
    options?: CallOptions,
    defaultTimeoutMs?: number,
  ): Promise<Decoded<Response>>;
  /** Resolves when `signal` aborts; rejects when the stream ends otherwise. */
  stream<Request extends Message<Fields>, Response extends Message<Fields>>(
    call: Call<Request, Response>,
    request: Encodable<Request>,
    onMessage: (message: Decoded<Response>) => void,
    signal: AbortSignal,
  ): Promise<void>;
  close(): void;
}

/** Where whoever measures learns of calls: each is published as a RuntimeCall once it was answered. */
const calls = channel("timonier.runtime.call");

export interface RuntimeCall {
  name: string;
  request: object;
  response: object;
  /** Of the monotonic clock. */
  beganMs: number;
}

/** `socket` is a path, with or without `unix://`. */
export function connect(socket: string, clock: Clock): Connection {
  const connection = grpcConnection(socket.replace(/^unix:(\/\/)?/, ""), clock);
  return {
    unary: (call, request, options, defaultTimeoutMs) => unary(connection, clock, { call, request, options, defaultTimeoutMs }),
    stream: (call, request, onMessage, signal) => stream(connection, { call, request, onMessage, signal }),
    close: () => connection.close(),
  };
}

interface UnaryCall<Request extends Message<Fields>, Response extends Message<Fields>> {
  call: Call<Request, Response>;
  request: Encodable<Request>;
  options: CallOptions | undefined;
  defaultTimeoutMs: number | undefined;
}

async function unary<Request extends Message<Fields>, Response extends Message<Fields>>(
  connection: GrpcConnection,
  clock: Clock,
  { call, request, options, defaultTimeoutMs }: UnaryCall<Request, Response>,
): Promise<Decoded<Response>> {
  const timeoutMs = options?.timeoutMs ?? defaultTimeoutMs;
  const beganMs = calls.hasSubscribers ? clock.monotonic() : 0;
  let response: Decoded<Response> | undefined;
  const outcome = await during(clock, call.name, () =>
    connection.call({
      path: call.path,
      message: encode(call.request, request),
      onMessage(content) {
        response = decode(call.response, content);
      },
      signal: options?.signal,
      timeoutMs,
    }),
  );
  if (outcome.code !== undefined || response === undefined) throw runtimeError(outcome, call.name, timeoutMs);
  if (calls.hasSubscribers) calls.publish({ name: call.name, request, response, beganMs } satisfies RuntimeCall);
  return response;
}

interface StreamCall<Request extends Message<Fields>, Response extends Message<Fields>> {
  call: Call<Request, Response>;
  request: Encodable<Request>;
  onMessage: (message: Decoded<Response>) => void;
  signal: AbortSignal;
}

async function stream<Request extends Message<Fields>, Response extends Message<Fields>>(
  connection: GrpcConnection,
  { call, request, onMessage, signal }: StreamCall<Request, Response>,
): Promise<void> {
  const outcome = await connection.call({
    path: call.path,
    message: encode(call.request, request),
    onMessage: (content) => onMessage(decode(call.response, content)),
    signal,
    timeoutMs: undefined,
  });
  if (signal.aborted) return;
  if (outcome.code === undefined) throw new RuntimeError("Unavailable", `${call.name}: the runtime ended the stream`);
  throw runtimeError(outcome, call.name);
}

/** What containerd answers, as an unknown error, while it looks for the containers of its last life. */
const RECOVERING = "server is not initialized yet";

/** Whether the runtime is there, but cannot answer yet. */
export const isRecovering = (error: unknown): boolean => error instanceof RuntimeError && error.message.includes(RECOVERING);

function runtimeError({ code, message }: Outcome, name: string, timeoutMs?: number): RuntimeError {
  if (message.includes(RECOVERING)) return new RuntimeError("Unavailable", message);
  if (message !== "") return new RuntimeError(code ?? "Internal", message);
  if (code === "Canceled") return new RuntimeError(code, `${name} was canceled`);
  if (code === "DeadlineExceeded") return new RuntimeError(code, `${name} did not answer within ${timeoutMs} ms`);
  return new RuntimeError(code ?? "Internal", code === undefined ? `${name} was not answered` : `${name} failed`);
}
