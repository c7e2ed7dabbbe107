/** HTML answers on their way through a proxy: their links are rewritten as they pass, also where they are compressed. */
import type { Sink, StreamedBody } from "../../base/http.ts";
import { htmlRewriter } from "./html-links.ts";

type Rewrite = (link: string) => string | undefined;

/** Compressions that can be looked into, by their names in Content-Encoding. As upstream, deflate is the bare form. */
const FORMATS: Readonly<Record<string, "gzip" | "deflate-raw">> = { gzip: "gzip", deflate: "deflate-raw" };

export const isRewritable = (encoding: string): boolean => encoding === "" || FORMATS[encoding] !== undefined;

const CHUNK = 0x8000;

function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += CHUNK) text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  return text;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** `body` with its links rewritten. `encoding`: one that is rewritable. */
export function withLinks(body: StreamedBody, encoding: string, rewrite: Rewrite): StreamedBody {
  const format = FORMATS[encoding];
  const stream = (sink: Sink): void =>
    body.stream(format === undefined ? rewriting(sink, rewrite) : inside(sink, format, rewrite));
  return { ...body, stream };
}

function rewriting(sink: Sink, rewrite: Rewrite): Sink {
  const html = htmlRewriter(rewrite);
  const pass = (text: string): boolean => text === "" || sink.write(bytesOf(text));
  return {
    write: (bytes) => pass(html.push(textOf(bytes))) && !sink.closed,
    drained: () => sink.drained(),
    end() {
      pass(html.end());
      sink.end();
    },
    abort: () => sink.abort(),
    get closed() {
      return sink.closed;
    },
  };
}

/** Unpacks, rewrites and packs again. */
function inside(sink: Sink, format: "gzip" | "deflate-raw", rewrite: Rewrite): Sink {
  const html = htmlRewriter(rewrite);
  const unpacked = new DecompressionStream(format);
  const packed = unpacked.readable
    .pipeThrough(
      new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
        transform: (bytes, controller) => controller.enqueue(bytesOf(html.push(textOf(bytes)))),
        flush: (controller) => controller.enqueue(bytesOf(html.end())),
      }),
    )
    .pipeThrough(new CompressionStream(format));
  void send(packed, sink);
  const writer = unpacked.writable.getWriter();
  // What is wrong with the bytes is seen where they come out.
  writer.closed.catch(() => {});
  return {
    write(bytes) {
      writer.write(bytes as Uint8Array<ArrayBuffer>).catch(() => {});
      return (writer.desiredSize ?? 0) > 0 && !sink.closed;
    },
    drained: () => writer.ready.catch(() => {}),
    end: () => void writer.close().catch(() => {}),
    abort: () => void writer.abort().catch(() => {}),
    get closed() {
      return sink.closed;
    },
  };
}

async function send(from: ReadableStream<Uint8Array>, sink: Sink): Promise<void> {
  try {
    for await (const bytes of from) {
      if (!sink.write(bytes)) await sink.drained();
      if (sink.closed) return;
    }
    sink.end();
  } catch {
    sink.abort();
  }
}
