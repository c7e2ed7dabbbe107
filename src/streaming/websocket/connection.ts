/**
 * A WebSocket on a connection that was taken over (RFC 6455), either side of it.
 *
 * Invariants: messages are never queued here. `send` answers what the connection below answers, and pausing pauses it, so a slow
 * reader is felt by the writer on the other side. Pings are answered while messages are read. After a close was sent nothing else
 * is; what still comes is read and dropped until the other side closes too, for CLOSE_TIMEOUT_MS at most, so that the close reaches it.
 */
import { encodeUtf8 } from "../../base/bytes.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Entropy } from "../../base/entropy.ts";
import type { UpgradedConnection } from "../../base/http.ts";
import {
  CLOSE_CODE,
  type Close,
  encodeClose,
  encodeFrame,
  FrameReader,
  type MessagePart,
  OPCODE,
  parseClose,
  WebSocketError,
} from "./frames.ts";

/** As upstream's server: more in one message ends the connection with 1009. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
/** How long the other side may take to answer a close before the connection is broken off. */
export const CLOSE_TIMEOUT_MS = 10_000;

export interface WebSocketConnection {
  /** The subprotocol that was agreed on; empty where none was. */
  readonly protocol: string;
  /** One message of `parts`. False where the other side is behind: send no more until `drained`. Dropped after the close. */
  send(parts: readonly Uint8Array[], kind?: "binary" | "text"): boolean;
  drained(): Promise<void>;
  /** Pieces of messages; set it once, at once. */
  onMessage(listener: (part: MessagePart) => void): void;
  /** Called once: the close that the other side sent, or code 1006 where the connection broke without one. */
  onClose(listener: (close: Close) => void): void;
  /** What was read already may still come. */
  pauseReading(): void;
  resumeReading(): void;
  /** Sends a close, after what was sent before. */
  close(code?: number, reason?: string): void;
  /** Breaks the connection off. */
  abort(): void;
  readonly closed: boolean;
}

export interface WebSocketOptions {
  protocol: string;
  clock: Clock;
  /** Of a client: its masks. A server has none. */
  entropy?: Entropy;
  /** See MAX_MESSAGE_BYTES. */
  maxMessageBytes?: number;
}

export const webSocketOn = (connection: UpgradedConnection, options: WebSocketOptions): WebSocketConnection =>
  new OpenWebSocket(connection, options);

class OpenWebSocket implements WebSocketConnection {
  readonly protocol: string;
  readonly #connection: UpgradedConnection;
  readonly #clock: Clock;
  readonly #entropy: Entropy | undefined;
  readonly #reader: FrameReader;
  #onMessage: (part: MessagePart) => void = () => {};
  #onClose: ((close: Close) => void)[] = [];
  #sentClose = false;
  /** How it ended; undefined while it did not. */
  #ended: Close | undefined;
  #timer: Timer | undefined;
  /** Checks the text message that is under way. */
  #text: TextDecoder | undefined;
  /** The last ping that waits for its answer: a client that reads nothing gets no queue of them. */
  #pinged: Uint8Array | undefined;

  constructor(
    connection: UpgradedConnection,
    { protocol, clock, entropy, maxMessageBytes = MAX_MESSAGE_BYTES }: WebSocketOptions,
  ) {
    this.protocol = protocol;
    this.#connection = connection;
    this.#clock = clock;
    this.#entropy = entropy;
    this.#reader = new FrameReader(
      { masked: entropy === undefined, maxFrameBytes: maxMessageBytes, maxMessageBytes },
      { message: (part) => this.#message(part), control: (opcode, payload) => this.#control(opcode, payload) },
    );
    connection.onData((bytes) => this.#read(bytes));
    connection.onClose(() => {
      this.#timer?.cancel();
      this.#end({ code: CLOSE_CODE.abnormal, reason: "" });
    });
  }

  get closed(): boolean {
    return this.#sentClose || this.#ended !== undefined || this.#connection.closed;
  }

  send(parts: readonly Uint8Array[], kind: "binary" | "text" = "binary"): boolean {
    return !this.#sentClose && this.#write(kind === "text" ? OPCODE.text : OPCODE.binary, parts);
  }

  drained(): Promise<void> {
    return this.#connection.drained();
  }

  onMessage(listener: (part: MessagePart) => void): void {
    this.#onMessage = listener;
  }

  onClose(listener: (close: Close) => void): void {
    if (this.#ended === undefined) this.#onClose.push(listener);
    else listener(this.#ended);
  }

  pauseReading(): void {
    // After the close nothing is kept back: the other side's close has to be seen.
    if (!this.#sentClose) this.#connection.pauseReading();
  }

  resumeReading(): void {
    this.#connection.resumeReading();
  }

  close(code: number = CLOSE_CODE.normal, reason = ""): void {
    if (this.#sentClose) return;
    this.#sentClose = true;
    this.#write(OPCODE.close, [encodeClose(code, encodeUtf8(reason))]);
    this.#connection.resumeReading();
    this.#timer = this.#clock.after(CLOSE_TIMEOUT_MS, () => this.#connection.abort());
  }

  abort(): void {
    this.#connection.abort();
  }

  #write(opcode: number, parts: readonly Uint8Array[]): boolean {
    let hasRoom = false;
    for (const bytes of encodeFrame(opcode, parts, this.#entropy?.bytes(4))) hasRoom = this.#connection.write(bytes);
    return hasRoom;
  }

  #read(bytes: Uint8Array): void {
    if (this.#ended !== undefined) return;
    try {
      this.#reader.read(bytes);
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error;
      this.close(error.code, error.message);
      this.#end({ code: error.code, reason: error.message });
      this.#connection.end();
    }
  }

  #message(part: MessagePart): void {
    if (this.#sentClose) return;
    if (part.isText) this.#checkText(part);
    this.#onMessage(part);
  }

  #checkText({ bytes, isFirst, isLast }: MessagePart): void {
    if (isFirst || this.#text === undefined) this.#text = new TextDecoder("utf-8", { fatal: true });
    try {
      this.#text.decode(bytes, { stream: !isLast });
    } catch {
      throw new WebSocketError(CLOSE_CODE.badPayload, "a text message is not UTF-8");
    }
  }

  #control(opcode: number, payload: Uint8Array): void {
    if (opcode === OPCODE.ping) void this.#pong(payload);
    if (opcode !== OPCODE.close) return;
    const close = parseClose(payload);
    this.close(close.code);
    this.#end(close);
    this.#connection.end();
  }

  async #pong(payload: Uint8Array): Promise<void> {
    const isWaiting = this.#pinged !== undefined;
    this.#pinged = payload;
    if (isWaiting) return;
    await this.#connection.drained();
    const last = this.#pinged;
    this.#pinged = undefined;
    if (!this.#sentClose) this.#write(OPCODE.pong, [last]);
  }

  #end(close: Close): void {
    if (this.#ended !== undefined) return;
    this.#ended = close;
    const listeners = this.#onClose;
    this.#onClose = [];
    for (const listener of listeners) listener(close);
  }
}
