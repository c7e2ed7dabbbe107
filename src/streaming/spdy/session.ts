/**
 * SPDY/3.1 on a connection that was taken over, either side of it: many streams, each with both ways.
 *
 * Invariants:
 * - Nothing is sent on a stream of ours before the other side's reply: spdystream drops what comes earlier.
 * - SPDY as it is spoken here has no windows. What a paused stream was sent is kept, up to MAX_WAITING_BYTES of all streams
 *   together; beyond, the whole connection is paused until a reader goes on. Memory is bounded, and a short pause of one stream
 *   does not hold up the others.
 * - After GOAWAY, in either direction, no stream begins, and what was sent is still read.
 */
import { EMPTY } from "../../base/bytes.ts";
import type { Headers, UpgradedConnection } from "../../base/http.ts";
import { dataFrame, GO_AWAY_STATUS, goAwayFrame, pingFrame, RESET_STATUS, resetFrame, SpdyReader, spdyWriter } from "./frames.ts";
import { SpdyError } from "./spdy-error.ts";
import { SpdyStream, type Transport } from "./stream.ts";

const MAX_WAITING_BYTES = 256 * 1024;
/** Open streams of one connection: a forwarded connection takes two. */
const MAX_STREAMS = 2_000;

export type { SpdyStream };

export interface SpdySession {
  /** Opens a stream; resolves when the other side has replied. Rejects where it refuses, or the connection ends. */
  open(headers: Headers): Promise<SpdyStream>;
  /** Streams that the other side opens. Answer false to refuse one. Set it at once. */
  onStream(listener: (stream: SpdyStream) => boolean): void;
  /** Called once, when the other side goes away or the connection breaks. */
  onClose(listener: () => void): void;
  /** Says goodbye, after what was sent; open streams are broken off. */
  close(): void;
  /** Breaks the connection off. */
  abort(): void;
  readonly closed: boolean;
}

export const spdySession = (connection: UpgradedConnection, side: "client" | "server"): SpdySession =>
  new OpenSession(connection, side);

class OpenSession implements SpdySession, Transport {
  readonly #connection: UpgradedConnection;
  readonly #reader: SpdyReader;
  readonly #writer = spdyWriter();
  readonly #streams = new Map<number, SpdyStream>();
  /** Ours: odd of a client, even of a server. */
  #nextId: number;
  #lastId = 0;
  #waitingBytes = 0;
  #isPaused = false;
  #isClosed = false;
  #onStream: (stream: SpdyStream) => boolean = () => false;
  #onClose: (() => void)[] = [];
  #pinged: number | undefined;

  constructor(connection: UpgradedConnection, side: "client" | "server") {
    this.#connection = connection;
    this.#nextId = side === "client" ? 1 : 2;
    this.#reader = new SpdyReader({
      synStream: (streamId, headers, isFinal) => this.#accept(streamId, headers, isFinal),
      synReply: (streamId, isFinal) => {
        const stream = this.#streams.get(streamId);
        stream?.replied();
        if (isFinal) stream?.receive(EMPTY, true);
      },
      data: (streamId, bytes, isFinal) => this.#streams.get(streamId)?.receive(bytes, isFinal),
      reset: (streamId) => this.#streams.get(streamId)?.break(),
      ping: (id) => {
        // Ours are odd where we are the client; what is not ours is sent back.
        if ((id & 1) !== (this.#nextId & 1)) void this.#answerPing(id);
      },
      goAway: () => this.#end(),
    });
    connection.onData((bytes) => this.#read(bytes));
    connection.onClose(() => this.#end());
  }

  get closed(): boolean {
    return this.#isClosed || this.#connection.closed;
  }

  open(headers: Headers): Promise<SpdyStream> {
    if (this.closed) return Promise.reject(new SpdyError("the connection is closed"));
    if (this.#streams.size >= MAX_STREAMS) return Promise.reject(new SpdyError("too many streams are open"));
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new SpdyStream(id, headers, this);
    this.#streams.set(id, stream);
    this.#connection.write(this.#writer.synStream(id, headers));
    return stream.accepted;
  }

  onStream(listener: (stream: SpdyStream) => boolean): void {
    this.#onStream = listener;
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClose.push(listener);
  }

  close(): void {
    if (this.#isClosed) return;
    for (const stream of [...this.#streams.values()]) stream.abort();
    this.#connection.write(goAwayFrame(this.#lastId, GO_AWAY_STATUS.ok));
    this.#end();
  }

  abort(): void {
    this.#connection.abort();
  }

  // What streams use.

  send(streamId: number, bytes: Uint8Array, isFinal: boolean): boolean {
    if (this.#isClosed) return false;
    let hasRoom = false;
    for (const part of dataFrame(streamId, bytes, isFinal)) hasRoom = this.#connection.write(part);
    return hasRoom;
  }

  sendReset(streamId: number): void {
    if (!this.#isClosed) this.#connection.write(resetFrame(streamId, RESET_STATUS.cancel));
  }

  drained(): Promise<void> {
    return this.#connection.drained();
  }

  waits(bytes: number): void {
    this.#waitingBytes += bytes;
    const tooMuch = this.#waitingBytes > MAX_WAITING_BYTES && !this.#isClosed;
    if (tooMuch === this.#isPaused) return;
    this.#isPaused = tooMuch;
    if (tooMuch) this.#connection.pauseReading();
    else this.#connection.resumeReading();
  }

  forget(streamId: number): void {
    this.#streams.delete(streamId);
  }

  #read(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      this.#reader.read(bytes);
    } catch (error) {
      if (!(error instanceof SpdyError)) throw error;
      this.#connection.write(goAwayFrame(this.#lastId, GO_AWAY_STATUS.protocolError));
      this.#end();
    }
  }

  #accept(id: number, headers: Headers, isFinal: boolean): void {
    // Their numbers only go up, and are not of our kind.
    if (id <= this.#lastId || (id & 1) === (this.#nextId & 1)) {
      this.#connection.write(resetFrame(id, RESET_STATUS.protocolError));
      return;
    }
    this.#lastId = id;
    const stream = new SpdyStream(id, headers, this);
    this.#streams.set(id, stream);
    if (this.#streams.size > MAX_STREAMS || !this.#onStream(stream)) {
      stream.break();
      this.#connection.write(resetFrame(id, RESET_STATUS.cancel));
      return;
    }
    this.#connection.write(this.#writer.synReply(id));
    stream.replied();
    if (isFinal) stream.receive(EMPTY, true);
  }

  /** Answers once there is room, and only the last of those that came meanwhile. */
  async #answerPing(id: number): Promise<void> {
    const isWaiting = this.#pinged !== undefined;
    this.#pinged = id;
    if (isWaiting) return;
    await this.#connection.drained();
    const last = this.#pinged;
    this.#pinged = undefined;
    if (!this.#isClosed) this.#connection.write(pingFrame(last));
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of [...this.#streams.values()]) stream.break();
    // What still comes is read and dropped, so that what was sent last reaches the other side.
    this.#connection.resumeReading();
    this.#connection.end();
    const listeners = this.#onClose;
    this.#onClose = [];
    for (const listener of listeners) listener();
  }
}
