/** One stream of a SPDY session. See session.ts for what holds for all of them. */
import type { Headers } from "../../base/http.ts";
import type { ByteStream } from "../byte-stream.ts";
import { SpdyError } from "./spdy-error.ts";

/** What a stream asks of its session. */
export interface Transport {
  send(streamId: number, bytes: Uint8Array, isFinal: boolean): boolean;
  sendReset(streamId: number): void;
  drained(): Promise<void>;
  /** `bytes` more wait for a reader; fewer where negative. */
  waits(bytes: number): void;
  forget(streamId: number): void;
}

export class SpdyStream implements ByteStream {
  readonly id: number;
  /** With which it was opened; names in lower case. */
  readonly headers: Headers;
  /** The stream, when the other side has taken it. */
  readonly accepted: Promise<SpdyStream>;
  readonly #transport: Transport;
  readonly #accept: PromiseWithResolvers<SpdyStream> = Promise.withResolvers();
  #queue: Uint8Array[] = [];
  #isPaused = false;
  /** The other side writes no more. */
  #isFinished = false;
  #isEndTold = false;
  /** This side writes no more. */
  #isEnded = false;
  #isBroken = false;
  #onData: ((bytes: Uint8Array) => void) | undefined;
  #onEnd: (() => void)[] = [];

  constructor(id: number, headers: Headers, transport: Transport) {
    this.id = id;
    this.headers = headers;
    this.#transport = transport;
    this.accepted = this.#accept.promise;
    // Nobody waits for the answer to a stream that was given up.
    this.accepted.catch(() => {});
  }

  get closed(): boolean {
    return this.#isEnded || this.#isBroken;
  }

  write(bytes: Uint8Array): boolean {
    return !this.closed && this.#transport.send(this.id, bytes, false);
  }

  drained(): Promise<void> {
    return this.closed ? Promise.resolve() : this.#transport.drained();
  }

  end(): void {
    if (this.closed) return;
    this.#isEnded = true;
    this.#transport.send(this.id, new Uint8Array(0), true);
    if (this.#isFinished) this.#transport.forget(this.id);
  }

  abort(): void {
    if (this.#isBroken) return;
    if (!(this.#isEnded && this.#isFinished)) this.#transport.sendReset(this.id);
    this.#drop();
    this.#isPaused = false;
    this.break();
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#onData = listener;
    this.#flush();
  }

  onEnd(listener: () => void): void {
    if (this.#isEndTold) listener();
    else this.#onEnd.push(listener);
    this.#flush();
  }

  pauseReading(): void {
    this.#isPaused = true;
  }

  resumeReading(): void {
    this.#isPaused = false;
    this.#flush();
  }

  // What the session tells.

  replied(): void {
    this.#accept.resolve(this);
  }

  receive(bytes: Uint8Array, isFinal: boolean): void {
    if (this.#isFinished || this.#isBroken) return;
    if (isFinal) this.#finish();
    if (bytes.length > 0) {
      this.#queue.push(bytes);
      this.#transport.waits(bytes.length);
    }
    this.#flush();
  }

  /** The other side reset it, or the connection is gone: what came before is still read. */
  break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#accept.reject(new SpdyError("the stream was reset"));
    this.#transport.forget(this.id);
    this.#finish();
    this.#flush();
  }

  #finish(): void {
    this.#isFinished = true;
    if (this.#isEnded) this.#transport.forget(this.id);
  }

  #drop(): void {
    let bytes = 0;
    for (const part of this.#queue) bytes += part.length;
    this.#queue = [];
    if (bytes > 0) this.#transport.waits(-bytes);
  }

  #flush(): void {
    while (!this.#isPaused && this.#onData !== undefined) {
      const bytes = this.#queue.shift();
      if (bytes === undefined) break;
      this.#onData(bytes);
      this.#transport.waits(-bytes.length);
    }
    // Who listens to no data is told the end at once.
    if (!this.#isFinished || this.#isEndTold || this.#queue.length > 0 || this.#isPaused) return;
    this.#isEndTold = true;
    const listeners = this.#onEnd;
    this.#onEnd = [];
    for (const listener of listeners) listener();
  }
}
