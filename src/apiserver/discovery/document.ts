/**
 * Documents that change seldom and are asked for often: made once, in each form at most once, and answered with 304 to who has them.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "../../base/bytes.ts";
import type { Headers, HttpRequest, HttpResponse } from "../../base/http.ts";

/** Compression, where the platform has it. */
export interface Compressor {
  gzip(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

export interface Document {
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** Upper-case hexadecimal, without quotes; documents without one are not cached by clients. */
  readonly etag?: string | undefined;
}

/** Smaller answers are not worth the work. */
const COMPRESSED_FROM_BYTES = 128 * 1024;

const compressed = new WeakMap<Uint8Array, Uint8Array>();

export const etagOf = (bytes: Uint8Array): string => encodeHex(sha256(bytes)).toUpperCase();

interface Answering {
  request: HttpRequest;
  compressor: Compressor | undefined;
  headers?: Headers;
}

/** The document as an answer: 304 where the client has it, compressed where the client takes that. */
export async function documentResponse(
  document: Document,
  { request, compressor, headers = {} }: Answering,
): Promise<HttpResponse> {
  const { etag, bytes, contentType } = document;
  const known = etag === undefined ? {} : { etag: `"${etag}"`, vary: "Accept" };
  if (etag !== undefined && request.headers["if-none-match"]?.includes(`"${etag}"`))
    return { status: 304, headers: { ...headers, ...known }, body: new Uint8Array(0) };
  const all = { ...headers, ...known, "content-type": contentType };
  const accepts = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  if (compressor === undefined || !accepts || bytes.length < COMPRESSED_FROM_BYTES)
    return { status: 200, headers: all, body: bytes };
  const body = compressed.get(bytes) ?? (await compressor.gzip(bytes));
  compressed.set(bytes, body);
  return { status: 200, headers: { ...all, "content-encoding": "gzip", vary: "Accept, Accept-Encoding" }, body };
}
