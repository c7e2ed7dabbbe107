/**
 * WebSocket frames (RFC 6455, section 5): bytes in any pieces to messages, and messages to bytes. Pure: no connection, no time.
 *
 * The payload of a message is handed on in the pieces in which it comes and is never gathered, so that a long message costs no
 * memory. Control frames are short and come whole. What breaks the rules throws a WebSocketError with the close code for it.
 * https://www.rfc-editor.org/rfc/rfc6455#section-5
 */
import { concatBytes, EMPTY } from "../../base/bytes.ts";

export const OPCODE = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

export const CLOSE_CODE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  noStatus: 1005,
  abnormal: 1006,
  badPayload: 1007,
  tooBig: 1009,
};

export class WebSocketError extends Error {
  override readonly name = "WebSocketError";
  /** The close code that the other side is told. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A piece of a message. A whole message in one piece is first and last. */
export interface MessagePart {
  readonly bytes: Uint8Array;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** The message is text, not binary. */
  readonly isText: boolean;
}

export interface FrameListener {
  /** `bytes` of a piece are the listener's to keep. */
  message(part: MessagePart): void;
  control(opcode: number, payload: Uint8Array): void;
}

export interface FrameLimits {
  /** More in one frame ends the connection with 1009. */
  maxFrameBytes: number;
  /** More in one message, its fragments together, ends the connection with 1009. */
  maxMessageBytes: number;
}

const MAX_CONTROL_BYTES = 125;
const MAX_HEAD_BYTES = 14;

interface Head {
  opcode: number;
  isFinal: boolean;
  payloadBytes: number;
  /** Four bytes; absent where the payload is as it is. */
  mask: Uint8Array | undefined;
}

const protocolError = (message: string): WebSocketError => new WebSocketError(CLOSE_CODE.protocolError, message);

/** How long the head is that begins with `bytes`; undefined where not even that is known. */
function headLength(bytes: Uint8Array): number | undefined {
  const second = bytes[1];
  if (second === undefined) return undefined;
  const short = second & 0x7f;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + ((second & 0x80) === 0 ? 0 : 4);
}

/** `bytes`: a whole head and nothing else. */
function parseHead(bytes: Uint8Array, { maxFrameBytes }: FrameLimits): Head {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  if ((first & 0x70) !== 0) throw protocolError("a reserved bit is set");
  const opcode = first & 0x0f;
  const isFinal = (first & 0x80) !== 0;
  if (opcode > 0xa || (opcode > 0x2 && opcode < 0x8)) throw protocolError(`unknown opcode ${opcode}`);
  const short = second & 0x7f;
  if (opcode >= 0x8 && (!isFinal || short > MAX_CONTROL_BYTES)) throw protocolError("a control frame is long or fragmented");
  const long = short === 126 ? BigInt(view.getUint16(2)) : short === 127 ? view.getBigUint64(2) : BigInt(short);
  if (long > BigInt(maxFrameBytes)) throw new WebSocketError(CLOSE_CODE.tooBig, `a frame has more than ${maxFrameBytes} bytes`);
  return { opcode, isFinal, payloadBytes: Number(long), mask: (second & 0x80) === 0 ? undefined : bytes.slice(-4) };
}

/** The mask as it stands `offset` bytes into the payload. */
function maskAt(mask: Uint8Array, offset: number): readonly [number, number, number, number] {
  const of = (index: number): number => mask[(offset + index) & 3] ?? 0;
  return [of(0), of(1), of(2), of(3)];
}

/** Writes `from` to `to` at `at`, each byte with its byte of the mask. Both may be the same bytes. */
function applyMask(to: Uint8Array, at: number, from: Uint8Array, [a, b, c, d]: readonly [number, number, number, number]): void {
  const whole = from.length & ~3;
  let index = 0;
  for (; index < whole; index += 4) {
    to[at + index] = (from[index] ?? 0) ^ a;
    to[at + index + 1] = (from[index + 1] ?? 0) ^ b;
    to[at + index + 2] = (from[index + 2] ?? 0) ^ c;
    to[at + index + 3] = (from[index + 3] ?? 0) ^ d;
  }
  const rest = [a, b, c];
  for (; index < from.length; index++) to[at + index] = (from[index] ?? 0) ^ (rest[index & 3] ?? 0);
}

export interface FrameReaderOptions extends FrameLimits {
  /** A server takes masked frames alone, a client unmasked ones alone. */
  masked: boolean;
}

/** Takes bytes as they come, and tells the listener. */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #listener: FrameListener;
  /** The beginning of a head. */
  #gathered: Uint8Array = EMPTY;
  #head: Head | undefined;
  /** Of the payload of the frame under way. */
  #taken = 0;
  #control: Uint8Array[] = [];
  /** The message that is under way, over all of its frames. */
  #message: { isText: boolean; bytes: number; isFirst: boolean } | undefined;

  constructor(options: FrameReaderOptions, listener: FrameListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** `bytes` are the reader's: masks are taken off in place. Throws WebSocketError; it must not be called again after that. */
  read(bytes: Uint8Array): void {
    let rest = bytes;
    for (;;) {
      if (this.#head === undefined) {
        const next = this.#readHead(rest);
        if (next === undefined) return;
        rest = next;
      }
      const head = this.#head;
      if (head === undefined) return;
      const part = rest.subarray(0, head.payloadBytes - this.#taken);
      if (part.length === 0 && head.payloadBytes > 0) return;
      rest = rest.subarray(part.length);
      this.#payload(head, part);
    }
  }

  /** What follows the head; undefined where the head has not come whole. */
  #readHead(bytes: Uint8Array): Uint8Array | undefined {
    const before = this.#gathered.length;
    // Heads are short: gathering at most one of them costs nothing.
    const start = before === 0 ? bytes : concatBytes([this.#gathered, bytes.subarray(0, MAX_HEAD_BYTES)]);
    const length = headLength(start);
    if (length === undefined || start.length < length) {
      this.#gathered = start.slice();
      return undefined;
    }
    this.#gathered = EMPTY;
    this.#begin(parseHead(start.subarray(0, length), this.#options));
    return bytes.subarray(length - before);
  }

  #begin(head: Head): void {
    const { masked, maxMessageBytes } = this.#options;
    if ((head.mask !== undefined) !== masked)
      throw protocolError(masked ? "a client's frame is not masked" : "a server's frame is masked");
    this.#head = head;
    this.#taken = 0;
    if (head.opcode >= OPCODE.close) return;
    if (head.opcode === OPCODE.continuation) {
      if (this.#message === undefined) throw protocolError("a continuation without a message");
    } else {
      if (this.#message !== undefined) throw protocolError("a message begins before the last one ended");
      this.#message = { isText: head.opcode === OPCODE.text, bytes: 0, isFirst: true };
    }
    this.#message.bytes += head.payloadBytes;
    if (this.#message.bytes > maxMessageBytes)
      throw new WebSocketError(CLOSE_CODE.tooBig, `a message has more than ${maxMessageBytes} bytes`);
  }

  #payload(head: Head, bytes: Uint8Array): void {
    if (head.mask !== undefined) applyMask(bytes, 0, bytes, maskAt(head.mask, this.#taken));
    this.#taken += bytes.length;
    const isEnd = this.#taken === head.payloadBytes;
    if (isEnd) this.#head = undefined;
    if (head.opcode >= OPCODE.close) {
      this.#control.push(bytes);
      if (!isEnd) return;
      const whole = concatBytes(this.#control);
      this.#control = [];
      this.#listener.control(head.opcode, whole);
      return;
    }
    const message = this.#message;
    const isLast = isEnd && head.isFinal;
    // An empty piece in the middle of a message says nothing.
    if (message === undefined || (bytes.length === 0 && !isLast)) return;
    const { isText, isFirst } = message;
    message.isFirst = false;
    if (isLast) this.#message = undefined;
    this.#listener.message({ bytes, isFirst, isLast, isText });
  }
}

/** Payloads from here on are sent beside their head, not copied behind it. */
const APART_BYTES = 4 * 1024;

/**
 * One frame with `parts` as its payload, as bytes to be sent one after the other. `mask`: four random bytes, from a client. Short
 * payloads and masked ones are copied; a long last part is sent as it is.
 */
export function encodeFrame(opcode: number, parts: readonly Uint8Array[], mask?: Uint8Array): Uint8Array[] {
  let payloadBytes = 0;
  for (const part of parts) payloadBytes += part.length;
  const last = parts.at(-1);
  const apart = mask === undefined && last !== undefined && last.length >= APART_BYTES ? last : undefined;
  const headBytes = 2 + (payloadBytes < 126 ? 0 : payloadBytes < 65_536 ? 2 : 8) + (mask === undefined ? 0 : 4);
  const frame = new Uint8Array(headBytes + payloadBytes - (apart?.length ?? 0));
  const view = new DataView(frame.buffer);
  const maskBit = mask === undefined ? 0 : 0x80;
  view.setUint8(0, 0x80 | opcode);
  if (payloadBytes < 126) view.setUint8(1, maskBit | payloadBytes);
  else if (payloadBytes < 65_536) {
    view.setUint8(1, maskBit | 126);
    view.setUint16(2, payloadBytes);
  } else {
    view.setUint8(1, maskBit | 127);
    view.setBigUint64(2, BigInt(payloadBytes));
  }
  if (mask !== undefined) frame.set(mask, headBytes - 4);
  let at = headBytes;
  for (const part of parts) {
    if (part === apart) break;
    if (mask === undefined) frame.set(part, at);
    else applyMask(frame, at, part, maskAt(mask, at - headBytes));
    at += part.length;
  }
  return apart === undefined ? [frame] : [frame, apart];
}

/** The payload of a close frame. */
export function encodeClose(code: number, reason: Uint8Array): Uint8Array {
  if (code === CLOSE_CODE.noStatus) return EMPTY;
  const short = reason.subarray(0, MAX_CONTROL_BYTES - 2);
  const payload = new Uint8Array(2 + short.length);
  new DataView(payload.buffer).setUint16(0, code);
  payload.set(short, 2);
  return payload;
}

const isAllowedCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && ![1004, CLOSE_CODE.noStatus, CLOSE_CODE.abnormal].includes(code)) ||
  (code >= 3000 && code < 5000);

export interface Close {
  code: number;
  reason: string;
}

export function parseClose(payload: Uint8Array): Close {
  if (payload.length === 0) return { code: CLOSE_CODE.noStatus, reason: "" };
  if (payload.length === 1) throw protocolError("a close frame has half a code");
  const code = new DataView(payload.buffer, payload.byteOffset).getUint16(0);
  if (!isAllowedCode(code)) throw protocolError(`close code ${code} is not allowed`);
  try {
    return { code, reason: new TextDecoder("utf-8", { fatal: true }).decode(payload.subarray(2)) };
  } catch {
    throw new WebSocketError(CLOSE_CODE.badPayload, "a close reason is not UTF-8");
  }
}
