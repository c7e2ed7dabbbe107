/** Compression of large answers, in the thread pool. https://kubernetes.io/docs/reference/using-api/api-concepts/#compression */
import { gzip } from "node:zlib";
import { concatBytes } from "../base/bytes.ts";
import type { Headers, ResponseBody } from "../base/http.ts";
import { GZIP_LEVEL, GZIP_MIN_BYTES } from "./limits.ts";

type StaticBody = Uint8Array | readonly Uint8Array[];

export const isStatic = (body: ResponseBody): body is StaticBody => body instanceof Uint8Array || Array.isArray(body);

export function lengthOf(body: StaticBody): number {
  if (body instanceof Uint8Array) return body.length;
  let length = 0;
  for (const part of body) length += part.length;
  return length;
}

/** The compressed form of bytes that are answered again and again (OpenAPI documents, cached encodings). */
const compressed = new WeakMap<StaticBody, Promise<Uint8Array>>();

const compress = (body: StaticBody): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const bytes = body instanceof Uint8Array ? body : concatBytes(body);
    gzip(bytes, { level: GZIP_LEVEL }, (error, result) => (error ? reject(error) : resolve(result)));
  });

/** True where the answer is worth compressing, may be, and the client takes it. Watches are streams and stay as they are. */
export function wantsGzip(accepted: string | undefined, headers: Headers, body: StaticBody): boolean {
  return accepted?.includes("gzip") === true && headers["content-encoding"] === undefined && lengthOf(body) >= GZIP_MIN_BYTES;
}

export function gzipped(body: StaticBody): Promise<Uint8Array> {
  let result = compressed.get(body);
  if (result === undefined) {
    result = compress(body);
    compressed.set(body, result);
  }
  return result;
}
