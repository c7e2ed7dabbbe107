/**
 * Header blocks of SPDY/3 (section 2.6.10): names and values, compressed by one zlib stream a direction and connection, which
 * begins with a dictionary that both sides know.
 *
 * Blocks are written as stored blocks: they are a few dozen bytes, and any zlib reads them. Reading takes a real inflater.
 */
import { Unzlib } from "fflate";
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../base/bytes.ts";
import type { Headers } from "../../base/http.ts";
import { SpdyError } from "./spdy-error.ts";

/** The words of the dictionary, each after its length in four bytes. */
const WORDS = `options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow
authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5
content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since
last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer
transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie
keep-alive origin`
  .split(/\s/)
  .map((word) => word.replace("_", " "));
/** What follows them. */
const TAIL =
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative " +
  "Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server " +
  "Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, " +
  "Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain," +
  "text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

const uint32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};

export const DICTIONARY: Uint8Array = concatBytes([
  ...WORDS.flatMap((word) => [uint32(word.length), encodeUtf8(word)]),
  encodeUtf8(TAIL),
]);

/** Adler-32 of the dictionary, by which zlib names it. */
const DICTIONARY_ID = 0xe3c6a7c2;
/** Deflate with a window of 32 KiB, a dictionary, and the check bits that make the two bytes a multiple of 31. */
const ZLIB_HEAD = concatBytes([Uint8Array.of(0x78, 0xbb), uint32(DICTIONARY_ID)]);
/** An empty stored block: what zlib writes to flush. Some readers hand nothing on before it. */
const FLUSH = Uint8Array.of(0, 0, 0, 0xff, 0xff);
const MAX_STORED_BYTES = 0xffff;

/** Uncompressed bytes of one block. */
const MAX_BLOCK_BYTES = 256 * 1024;
const MAX_HEADERS = 1_000;
/** The inflater is given no more at once, so that little turns into much only until it is noticed. */
const INFLATE_STEP_BYTES = 512;

function blockOf(headers: Headers): Uint8Array {
  const parts = [uint32(Object.keys(headers).length)];
  for (const [name, value] of Object.entries(headers)) {
    for (const text of [name.toLowerCase(), value]) {
      const bytes = encodeUtf8(text);
      parts.push(uint32(bytes.length), bytes);
    }
  }
  return concatBytes(parts);
}

/** Values of a name that comes more than once are joined by ", ". */
function headersOf(block: Uint8Array): Headers {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  let at = 0;
  const number = (): number => {
    if (at + 4 > block.length) throw new SpdyError("a header block ends early");
    at += 4;
    return view.getUint32(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > block.length) throw new SpdyError("a header block ends early");
    at += length;
    return decodeUtf8(block.subarray(at - length, at));
  };
  const count = number();
  if (count > MAX_HEADERS) throw new SpdyError("too many headers");
  const headers: Record<string, string> = {};
  for (let index = 0; index < count; index++) headers[text().toLowerCase()] = text().replaceAll("\0", ", ");
  return headers;
}

/** Writes the header blocks of one direction, in the order in which they are sent. */
export function headerWriter(): (headers: Headers) => Uint8Array {
  let isFirst = true;
  return (headers) => {
    const block = blockOf(headers);
    if (block.length > MAX_STORED_BYTES) throw new SpdyError("headers are too long");
    const head = isFirst ? ZLIB_HEAD : new Uint8Array(0);
    isFirst = false;
    const { length } = block;
    const stored = Uint8Array.of(0, length & 0xff, length >> 8, ~length & 0xff, (~length >> 8) & 0xff);
    return concatBytes([head, stored, block, FLUSH]);
  };
}

/** Reads them. Throws SpdyError where they cannot be read; nothing can be read after that. */
export function headerReader(): (compressed: Uint8Array) => Headers {
  let parts: Uint8Array[] = [];
  let length = 0;
  const inflater = new Unzlib({ dictionary: DICTIONARY }, (bytes) => {
    parts.push(bytes.slice());
    length += bytes.length;
  });
  return (compressed) => {
    parts = [];
    length = 0;
    try {
      for (let at = 0; at < compressed.length && length <= MAX_BLOCK_BYTES; at += INFLATE_STEP_BYTES)
        inflater.push(compressed.slice(at, at + INFLATE_STEP_BYTES), false);
    } catch (error) {
      throw new SpdyError(`a header block cannot be decompressed: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (length > MAX_BLOCK_BYTES) throw new SpdyError("a header block is too long");
    return headersOf(concatBytes(parts));
  };
}
