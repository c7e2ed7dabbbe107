/**
 * HTTP messages without sockets: what `wire` makes of bytes, what the API server and a kubelet answer, and what a client calls
 * directly when it is in the same process.
 */
import type { Activity } from "./clock.ts";

/** Header names in lower case. Several values of one name are joined with ", ". */
export type Headers = Readonly<Record<string, string>>;

export interface HttpRequest {
  readonly method: string;
  /** Path without the query, still percent-encoded. */
  readonly path: string;
  /** The query without `?`; empty where there is none. */
  readonly query: string;
  readonly headers: Headers;
  /** Reads the whole body, at most `limitBytes`; rejects with an ApiError 413 beyond. Call it at most once. */
  body(limitBytes: number): Promise<Uint8Array>;
  /**
   * Sends the body to `sink` as it comes, no faster than the sink takes it, and ends it; aborts it where the client breaks off.
   * Absent where no bytes are still to come: `body` gives what there is then. Call one of the two, at most once.
   */
  readonly bodyTo?: ((sink: Sink) => void) | undefined;
  /** The verified client certificate (DER), where TLS had one. */
  readonly peerCertificate?: Uint8Array | undefined;
  /** Why the client certificate that TLS had is not accepted; `peerCertificate` is absent then. */
  readonly peerCertificateError?: string | undefined;
  /**
   * Who is calling, where the caller is in this process and is trusted to say so (components). Sockets never set it.
   */
  readonly localUser?: UserInfo | undefined;
  /** IP address of the client; empty in process. */
  readonly remoteAddress: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Where a streamed answer is written to. */
export interface Sink {
  /**
   * Queues bytes. False where more than the sink's high-water mark is waiting: write no more until `drained`.
   * Bytes are not copied: do not change them afterwards.
   */
  write(bytes: Uint8Array): boolean;
  /** Resolves when there is room again, or the sink is closed. */
  drained(): Promise<void>;
  end(): void;
  /** Breaks the connection off, so that the client sees an incomplete answer. */
  abort(): void;
  readonly closed: boolean;
  /**
   * Present where a watch is read in this process, and so needs no JSON of what the server has as an object: one event in place of
   * its line, in order with what is written, with the same answer as `write`.
   */
  readonly take?: (event: WatchedObject) => boolean;
}

/** An event of a watch. The object is frozen and shared with everybody who is told of it. */
export interface WatchedObject {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: unknown;
}

export type ResponseBody =
  | Uint8Array
  /** Parts of one body, sent without being joined. */
  | readonly Uint8Array[]
  | StreamedBody;

export interface StreamedBody {
  /** Called once, after the head was sent; ends the sink. Work for an answer in process may hold an activity. */
  readonly stream: (sink: Sink) => void;
  /**
   * The reader may stop for as long as it likes: nothing gathers here meanwhile, since what it is sent waits at its source. Others are
   * cut off after a while.
   */
  readonly patient?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Values of Set-Cookie, which alone of all headers cannot be joined. */
  readonly cookies?: readonly string[] | undefined;
  readonly body: ResponseBody;
  /** Set where the connection is taken over (101). For exec, attach, port-forward and proxy. */
  readonly upgrade?: (connection: UpgradedConnection) => void;
}

/** A connection after `101 Switching Protocols`: bytes both ways, with back-pressure both ways. */
export interface UpgradedConnection extends Sink {
  /** What comes is the listener's: it may keep and change it. */
  onData(listener: (bytes: Uint8Array) => void): void;
  onClose(listener: () => void): void;
  /** Stop and go on reading. */
  pauseReading(): void;
  resumeReading(): void;
}

/** Where a request is sent to that no client was made for. */
export interface Origin {
  readonly scheme: "http" | "https";
  /** An IP address, or a name. */
  readonly host: string;
  readonly port: number;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

export type { Activity };
