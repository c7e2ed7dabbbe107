/**
 * Numbered channels over a WebSocket, as upstream's `channel.k8s.io`: the first byte of each message is the channel, the rest is its
 * bytes; in `base64.` protocols a digit, and base64. From v5 on, 255 and a channel ends that channel.
 */
import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import type { ByteStream } from "../byte-stream.ts";
import type { WebSocketConnection } from "../websocket/connection.ts";
import type { MessagePart } from "../websocket/frames.ts";

const CLOSE_SIGNAL = 255;
const ZERO = "0".charCodeAt(0);

/** Which ways a channel is open for the client: what is written elsewhere is dropped. */
export interface ChannelWays {
  reads: boolean;
  writes: boolean;
}

export interface Channels {
  /** One for each of the ways given. */
  readonly channels: readonly Channel[];
  /** Ends the connection, after what was written. */
  close(): void;
  /** Called once, when the client is gone or was sent away. */
  onClose(listener: () => void): void;
}

export interface Channel extends ByteStream {
  /** As `write`, also where there is nothing to say: tells the client that the channel is there. */
  announce(): void;
}

const isBase64 = (protocol: string): boolean => protocol.startsWith("base64.") || protocol.includes(".base64.");
const hasCloseSignal = (protocol: string): boolean => protocol === "v5.channel.k8s.io";

/** Base64 in pieces of any length. */
class Base64Reader {
  #rest = "";

  /** Throws where it is not base64. */
  read(bytes: Uint8Array, isLast: boolean): Uint8Array {
    const text = this.#rest + decodeUtf8(bytes);
    const whole = isLast ? text.length : text.length & ~3;
    this.#rest = text.slice(whole);
    return decodeBase64(text.slice(0, whole));
  }
}

class SocketChannel implements Channel {
  readonly #number: number;
  readonly #ways: ChannelWays;
  readonly #socket: WebSocketConnection;
  readonly #base64: boolean;
  #onData: ((bytes: Uint8Array) => void) | undefined;
  #onEnd: (() => void)[] = [];
  #early: Uint8Array[] = [];
  #isFinished = false;
  #isEnded = false;

  constructor(number: number, ways: ChannelWays, socket: WebSocketConnection) {
    this.#number = number;
    this.#ways = ways;
    this.#socket = socket;
    this.#base64 = isBase64(socket.protocol);
    this.#isFinished = !ways.writes;
  }

  get closed(): boolean {
    return this.#isEnded || this.#socket.closed;
  }

  write(bytes: Uint8Array): boolean {
    if (this.closed) return false;
    return !this.#ways.reads || bytes.length === 0 || this.#send(bytes);
  }

  announce(): void {
    if (!this.closed) this.#send(new Uint8Array(0));
  }

  drained(): Promise<void> {
    return this.#socket.drained();
  }

  end(): void {
    this.#isEnded = true;
  }

  abort(): void {
    this.#isEnded = true;
    this.finish();
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#onData = listener;
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) listener(bytes);
    if (early.length > 0) this.#socket.resumeReading();
    this.#tellEnd();
  }

  onEnd(listener: () => void): void {
    this.#onEnd.push(listener);
    this.#tellEnd();
  }

  pauseReading(): void {
    this.#socket.pauseReading();
  }

  resumeReading(): void {
    this.#socket.resumeReading();
  }

  receive(bytes: Uint8Array): void {
    if (this.#isFinished || bytes.length === 0) return;
    if (this.#onData !== undefined) return this.#onData(bytes);
    this.#early.push(bytes);
    this.#socket.pauseReading();
  }

  finish(): void {
    this.#isFinished = true;
    this.#tellEnd();
  }

  #tellEnd(): void {
    if (!this.#isFinished || this.#early.length > 0) return;
    const listeners = this.#onEnd;
    this.#onEnd = [];
    for (const listener of listeners) listener();
  }

  #send(bytes: Uint8Array): boolean {
    return this.#base64
      ? this.#socket.send([Uint8Array.of(ZERO + this.#number), encodeUtf8(encodeBase64(bytes))], "text")
      : this.#socket.send([Uint8Array.of(this.#number), bytes]);
  }
}

/** Sorts what comes into the channels. */
export function channelsOn(socket: WebSocketConnection, ways: readonly ChannelWays[]): Channels {
  const channels = ways.map((each, index) => new SocketChannel(index, each, socket));
  const base64 = isBase64(socket.protocol);
  const closes = hasCloseSignal(socket.protocol);
  /** Of the message under way; undefined where its first byte has not come, or it is for no channel. */
  let current: SocketChannel | undefined;
  let isClosing = false;
  let decoder = new Base64Reader();

  /** Answers what follows the channel's number. */
  function begin(bytes: Uint8Array): Uint8Array {
    const [number = 0] = bytes;
    isClosing = closes && number === CLOSE_SIGNAL;
    current = isClosing ? undefined : channels[base64 ? number - ZERO : number];
    decoder = new Base64Reader();
    return bytes.subarray(1);
  }

  let isStarted = false;
  function receive({ bytes, isLast }: MessagePart): void {
    let rest = bytes;
    if (!isStarted && rest.length > 0) {
      rest = begin(rest);
      isStarted = true;
    }
    if (isLast) isStarted = false;
    if (isClosing) {
      const [number] = rest;
      if (number === undefined) return;
      const closed = channels[number];
      if (closed === undefined) socket.close();
      else closed.finish();
      isClosing = false;
      return;
    }
    if (current === undefined) return;
    try {
      current.receive(base64 ? decoder.read(rest, isLast) : rest);
    } catch {
      // As upstream: what is not base64 is left out.
      current = undefined;
    }
  }

  socket.onMessage(receive);
  socket.onClose(() => {
    for (const channel of channels) channel.finish();
  });
  return { channels, close: () => socket.close(), onClose: (listener) => socket.onClose(listener) };
}
