/**
 * Frames of SPDY/3.1 as moby/spdystream speaks it: bytes in any pieces to frames, and frames to bytes. Pure: no connection, no time.
 *
 * Data is handed on in the pieces in which it comes; control frames are gathered, up to MAX_CONTROL_BYTES.
 * https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 */
import { concatBytes, EMPTY } from "../../base/bytes.ts";
import type { Headers } from "../../base/http.ts";
import { headerReader, headerWriter } from "./headers.ts";
import { SpdyError } from "./spdy-error.ts";

const VERSION = 3;
const TYPE = { synStream: 1, synReply: 2, reset: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;
const FLAG_FIN = 0x01;
const FLAG_UNIDIRECTIONAL = 0x02;
const HEAD_BYTES = 8;
const MAX_CONTROL_BYTES = 64 * 1024;
const MAX_DATA_BYTES = 0xffffff;

export const RESET_STATUS = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const;
export const GO_AWAY_STATUS = { ok: 0, protocolError: 1 } as const;

export interface SpdyListener {
  /** `isFinal`: the other side writes nothing on it. */
  synStream(streamId: number, headers: Headers, isFinal: boolean): void;
  synReply(streamId: number, isFinal: boolean): void;
  data(streamId: number, bytes: Uint8Array, isFinal: boolean): void;
  reset(streamId: number): void;
  ping(id: number): void;
  goAway(): void;
}

interface Head {
  /** Undefined: data. */
  type: number | undefined;
  streamId: number;
  flags: number;
  length: number;
}

function parseHead(bytes: Uint8Array): Head {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = view.getUint32(0);
  const second = view.getUint32(4);
  const flags = second >>> 24;
  const length = second & 0xffffff;
  if (first >>> 31 === 0) {
    if (first === 0) throw new SpdyError("stream id zero is disallowed");
    return { type: undefined, streamId: first, flags, length };
  }
  const version = (first >>> 16) & 0x7fff;
  if (version !== VERSION) throw new SpdyError(`version ${version} is not spoken here`);
  if (length > MAX_CONTROL_BYTES) throw new SpdyError(`a control frame has more than ${MAX_CONTROL_BYTES} bytes`);
  return { type: first & 0xffff, streamId: 0, flags, length };
}

/** Takes bytes as they come, and tells the listener. */
export class SpdyReader {
  readonly #listener: SpdyListener;
  readonly #headers = headerReader();
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #head: Head | undefined;
  /** Of the data frame under way. */
  #taken = 0;

  constructor(listener: SpdyListener) {
    this.#listener = listener;
  }

  /** Throws SpdyError; it must not be called again after that. */
  read(bytes: Uint8Array): void {
    let rest = bytes;
    for (;;) {
      const head = this.#head;
      if (head === undefined) {
        const [whole, after] = this.#gather(rest, HEAD_BYTES);
        if (whole === undefined) return;
        this.#head = parseHead(whole);
        this.#taken = 0;
        rest = after;
      } else if (head.type === undefined) {
        const part = rest.subarray(0, head.length - this.#taken);
        if (part.length === 0 && head.length > 0) return;
        this.#taken += part.length;
        const isEnd = this.#taken === head.length;
        if (isEnd) this.#head = undefined;
        this.#listener.data(head.streamId, part, isEnd && (head.flags & FLAG_FIN) !== 0);
        rest = rest.subarray(part.length);
      } else {
        const [whole, after] = this.#gather(rest, head.length);
        if (whole === undefined) return;
        this.#head = undefined;
        this.#control(head.type, head.flags, whole);
        rest = after;
      }
    }
  }

  /** `length` bytes and what follows them; undefined where they have not all come. */
  #gather(bytes: Uint8Array, length: number): [Uint8Array | undefined, Uint8Array] {
    const part = bytes.subarray(0, length - this.#gatheredBytes);
    if (this.#gatheredBytes + part.length < length) {
      if (part.length > 0) this.#gathered.push(part.slice());
      this.#gatheredBytes += part.length;
      return [undefined, EMPTY];
    }
    const whole = concatBytes([...this.#gathered, part]);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    return [whole, bytes.subarray(part.length)];
  }

  #control(type: number, flags: number, payload: Uint8Array): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const number = (at: number): number => {
      if (at + 4 > payload.length) throw new SpdyError("a control frame is too short");
      return view.getUint32(at);
    };
    const isFinal = (flags & FLAG_FIN) !== 0;
    switch (type) {
      case TYPE.synStream: {
        const streamId = number(0) & 0x7fffffff;
        const headers = this.#headers(payload.subarray(10));
        if (streamId === 0) throw new SpdyError("stream id zero is disallowed");
        if ((flags & FLAG_UNIDIRECTIONAL) !== 0) throw new SpdyError("streams of one direction are not spoken here");
        return this.#listener.synStream(streamId, headers, isFinal);
      }
      case TYPE.synReply:
        this.#headers(payload.subarray(4));
        return this.#listener.synReply(number(0) & 0x7fffffff, isFinal);
      case TYPE.headers:
        // Further headers have no meaning here, but the compressor's state goes on over them.
        this.#headers(payload.subarray(4));
        if (isFinal) this.#listener.data(number(0) & 0x7fffffff, EMPTY, true);
        return;
      case TYPE.reset:
        return this.#listener.reset(number(0) & 0x7fffffff);
      case TYPE.ping:
        return this.#listener.ping(number(0));
      case TYPE.goAway:
        return this.#listener.goAway();
      case TYPE.settings:
      case TYPE.windowUpdate:
        // Nobody who speaks this keeps windows: the connection below is the only flow control.
        return;
      default:
        throw new SpdyError(`frames of type ${type} are unknown`);
    }
  }
}

function controlFrame(type: number, flags: number, payload: readonly Uint8Array[]): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  const frame = concatBytes([head, ...payload]);
  view.setUint32(0, (0x80000000 | (VERSION << 16) | type) >>> 0);
  view.setUint32(4, ((flags << 24) | (frame.length - HEAD_BYTES)) >>> 0);
  frame.set(head);
  return frame;
}

function numbers(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value);
  return bytes;
}

export interface SpdyWriter {
  synStream(streamId: number, headers: Headers): Uint8Array;
  synReply(streamId: number): Uint8Array;
}

/** Frames with headers have to be sent in the order in which they were made. */
export function spdyWriter(): SpdyWriter {
  const headers = headerWriter();
  return {
    synStream: (streamId, of) => controlFrame(TYPE.synStream, 0, [numbers(streamId, 0), new Uint8Array(2), headers(of)]),
    synReply: (streamId) => controlFrame(TYPE.synReply, 0, [numbers(streamId), headers({})]),
  };
}

export const resetFrame = (streamId: number, status: number): Uint8Array =>
  controlFrame(TYPE.reset, 0, [numbers(streamId, status)]);

export const pingFrame = (id: number): Uint8Array => controlFrame(TYPE.ping, 0, [numbers(id)]);

export const goAwayFrame = (lastStreamId: number, status: number): Uint8Array =>
  controlFrame(TYPE.goAway, 0, [numbers(lastStreamId, status)]);

/** Data from here on is sent beside its head, not copied behind it. */
const APART_BYTES = 4 * 1024;

/** A frame as bytes to be sent one after the other. `bytes`: at most 16 MiB. */
export function dataFrame(streamId: number, bytes: Uint8Array, isFinal: boolean): Uint8Array[] {
  if (bytes.length > MAX_DATA_BYTES) throw new RangeError("a data frame holds at most 16 MiB");
  const isApart = bytes.length >= APART_BYTES;
  const frame = new Uint8Array(HEAD_BYTES + (isApart ? 0 : bytes.length));
  const view = new DataView(frame.buffer);
  view.setUint32(0, streamId);
  view.setUint32(4, (((isFinal ? FLAG_FIN : 0) << 24) | bytes.length) >>> 0);
  if (isApart) return [frame, bytes];
  frame.set(bytes, HEAD_BYTES);
  return [frame];
}
