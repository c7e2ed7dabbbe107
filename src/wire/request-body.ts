/** Reads a request's body into memory, bounded in bytes and time. */
import type { Readable } from "node:stream";
import { timeout, tooLarge } from "../api/errors.ts";
import { concatBytes, EMPTY } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import { REQUEST_TIMEOUT_MS } from "./limits.ts";

const refuse = (limitBytes: number): Error => tooLarge(`Request entity too large: limit is ${limitBytes}`);

export interface ReadBodyOptions {
  /** The header, where it was sent. */
  contentLength: string | undefined;
  limitBytes: number;
  clock: Clock;
}

/**
 * Rejects with 413 as soon as more than `limitBytes` are announced or have come; the rest is read and dropped, so that the client
 * gets to read the answer. Rejects with 504 where the body takes longer than a request may.
 */
export function readBody(from: Readable, { contentLength, limitBytes, clock }: ReadBodyOptions): Promise<Uint8Array> {
  if (contentLength !== undefined && Number(contentLength) > limitBytes) {
    from.resume();
    return Promise.reject(refuse(limitBytes));
  }
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    let length = 0;
    let over = false;
    const giveUp = (error: Error): void => {
      over = true;
      parts.length = 0;
      reject(error);
    };
    const late = clock.after(REQUEST_TIMEOUT_MS, () => giveUp(timeout("request did not complete within the allotted timeout")));
    from.on("data", (part: Buffer) => {
      length += part.length;
      if (over) return;
      if (length > limitBytes) giveUp(refuse(limitBytes));
      else parts.push(part);
    });
    from.once("end", () => {
      late.cancel();
      resolve(parts.length === 0 ? EMPTY : concatBytes(parts));
    });
    from.once("error", reject);
    from.once("close", () => {
      late.cancel();
      reject(new Error("the client closed the connection before the end of the request body"));
    });
  });
}
