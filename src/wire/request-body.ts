/** Reads a request's body into memory, bounded. */
import type { Readable } from "node:stream";
import { tooLarge } from "../api/errors.ts";
import { concatBytes, EMPTY } from "../base/bytes.ts";

const refuse = (limitBytes: number): Error => tooLarge(`Request entity too large: limit is ${limitBytes}`);

/**
 * Rejects with 413 as soon as more than `limitBytes` are announced or have come; the rest is read and dropped, so that the client
 * gets to read the answer.
 */
export function readBody(from: Readable, contentLength: string | undefined, limitBytes: number): Promise<Uint8Array> {
  if (contentLength !== undefined && Number(contentLength) > limitBytes) {
    from.resume();
    return Promise.reject(refuse(limitBytes));
  }
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    let length = 0;
    let over = false;
    from.on("data", (part: Buffer) => {
      length += part.length;
      if (over) return;
      if (length > limitBytes) {
        over = true;
        parts.length = 0;
        reject(refuse(limitBytes));
      } else parts.push(part);
    });
    from.once("end", () => resolve(parts.length === 0 ? EMPTY : concatBytes(parts)));
    from.once("error", reject);
    from.once("close", () => reject(new Error("the client closed the connection before the end of the request body")));
  });
}
