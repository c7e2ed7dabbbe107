/** A Sink over a Node stream: an HTTP/1.1 answer, an HTTP/2 stream, or the socket of a taken-over connection. */
import type { Sink } from "../base/http.ts";
import { SINK_HIGH_WATER_BYTES } from "./limits.ts";

/** What the Node streams that carry an answer have in common. */
export interface NodeWritable {
  readonly writableLength: number;
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  write(bytes: Uint8Array): boolean;
  end(): unknown;
  once(event: "drain" | "close" | "finish", listener: () => void): unknown;
}

/** `abort` breaks the connection or the stream off. `onEnd` is called once, when nothing more will be written. */
export function nodeSink(to: NodeWritable, abort: () => void, onEnd: () => void): Sink {
  let closed = to.destroyed;
  let wake: (() => void)[] = [];
  const wakeAll = (): void => {
    const waiting = wake;
    wake = [];
    for (const resolve of waiting) resolve();
  };
  const close = (): void => {
    if (closed) return;
    closed = true;
    onEnd();
    wakeAll();
  };
  let watching = false;
  to.once("close", close);
  return {
    get closed() {
      return closed || to.destroyed;
    },
    write(bytes) {
      if (closed || to.destroyed || to.writableEnded) return false;
      to.write(bytes);
      return to.writableLength < SINK_HIGH_WATER_BYTES;
    },
    drained() {
      if (closed || to.destroyed || to.writableLength < SINK_HIGH_WATER_BYTES) return Promise.resolve();
      return new Promise((resolve) => {
        wake.push(resolve);
        if (watching) return;
        watching = true;
        // Node emits it when everything queued was sent, since its own mark is lower than ours.
        to.once("drain", () => {
          watching = false;
          wakeAll();
        });
      });
    },
    end() {
      if (closed) return;
      close();
      if (!to.destroyed) to.end();
    },
    abort() {
      close();
      abort();
    },
  };
}
