/**
 * A gRPC connection over a unix socket: typed calls in, RuntimeError out.
 *
 * The gRPC library is loaded with the first connection. It reconnects by itself when the runtime comes back; calls made while it is
 * away fail with Unavailable at once.
 */
import type { Client, ServiceError } from "@grpc/grpc-js";
import type { Clock } from "../../../base/clock.ts";
import { type CallOptions, RuntimeError, type RuntimeErrorCode } from "../runtime.ts";
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

/** `socket` is a path, with or without `unix://`. */
export async function connect(socket: string, clock: Clock): Promise<Connection> {
  const grpc = await import("@grpc/grpc-js");
  const path = socket.replace(/^unix:(\/\/)?/, "");
  const client = new grpc.Client(`unix:${path}`, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 1000,
    "grpc.enable_http_proxy": 0,
    "grpc.enable_retries": 0,
    "grpc.service_config_disable_resolution": 1,
  });
  return {
    unary: (call, request, options, defaultTimeoutMs) => unary(client, clock, { call, request, options, defaultTimeoutMs }),
    stream: (call, request, onMessage, signal) => stream(client, { call, request, onMessage, signal }),
    close: () => client.close(),
  };
}

interface UnaryCall<Request extends Message<Fields>, Response extends Message<Fields>> {
  call: Call<Request, Response>;
  request: Encodable<Request>;
  options: CallOptions | undefined;
  defaultTimeoutMs: number | undefined;
}

function unary<Request extends Message<Fields>, Response extends Message<Fields>>(
  client: Client,
  clock: Clock,
  { call, request, options, defaultTimeoutMs }: UnaryCall<Request, Response>,
): Promise<Decoded<Response>> {
  const timeoutMs = options?.timeoutMs ?? defaultTimeoutMs;
  const signal = options?.signal;
  if (signal?.aborted) return Promise.reject(new RuntimeError("Canceled", `${call.name} was canceled`));
  const activity = clock.hold(call.name);
  return new Promise<Decoded<Response>>((resolve, reject) => {
    const pending = client.makeUnaryRequest<Encodable<Request>, Decoded<Response>>(
      call.path,
      (value) => Buffer.from(encode(call.request, value)),
      (content) => decode(call.response, content),
      request,
      timeoutMs === undefined ? {} : { deadline: clock.now() + timeoutMs },
      (error, value) => {
        signal?.removeEventListener("abort", cancel);
        if (error === null && value !== undefined) resolve(value);
        else reject(runtimeError(error, call.name, timeoutMs));
      },
    );
    const cancel = (): void => pending.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
  }).finally(() => activity.release());
}

interface StreamCall<Request extends Message<Fields>, Response extends Message<Fields>> {
  call: Call<Request, Response>;
  request: Encodable<Request>;
  onMessage: (message: Decoded<Response>) => void;
  signal: AbortSignal;
}

function stream<Request extends Message<Fields>, Response extends Message<Fields>>(
  client: Client,
  { call, request, onMessage, signal }: StreamCall<Request, Response>,
): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise<void>((resolve, reject) => {
    const open = client.makeServerStreamRequest<Encodable<Request>, Decoded<Response>>(
      call.path,
      (value) => Buffer.from(encode(call.request, value)),
      (content) => decode(call.response, content),
      request,
    );
    const cancel = (): void => open.cancel();
    const done = (error?: unknown): void => {
      signal.removeEventListener("abort", cancel);
      if (signal.aborted) resolve();
      else reject(error === undefined ? new RuntimeError("Unavailable", `${call.name}: the runtime ended the stream`) : error);
    };
    signal.addEventListener("abort", cancel, { once: true });
    open.on("data", onMessage);
    open.on("error", (error: ServiceError) => done(runtimeError(error, call.name)));
    open.on("end", () => done());
  });
}

/** What containerd answers, as an unknown error, while it looks for the containers of its last life. */
const RECOVERING = "server is not initialized yet";

/** Whether the runtime is there, but cannot answer yet. */
export const isRecovering = (error: unknown): boolean => error instanceof RuntimeError && error.message.includes(RECOVERING);

function runtimeError(error: ServiceError | null, name: string, timeoutMs?: number): RuntimeError {
  const words = error?.details ?? "";
  const code = words.includes(RECOVERING) ? "Unavailable" : (CODES[error?.code ?? 2] ?? "Unknown");
  // The library's own words say nothing about the runtime: say which call it was instead.
  if (code === "Canceled" && words.startsWith("Cancelled")) return new RuntimeError(code, `${name} was canceled`, error);
  if (code === "DeadlineExceeded" && words.startsWith("Deadline exceeded"))
    return new RuntimeError(code, `${name} did not answer within ${timeoutMs} ms`, error);
  return new RuntimeError(code, words === "" ? `${name} failed` : words, error);
}
