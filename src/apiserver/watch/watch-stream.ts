/**
 * The sending side of one watch: writes frames in order, waits while the connection is full, and gives up on a reader that stays
 * behind. Nothing is ever left out: a stream that cannot keep up ends, and its client watches again.
 */
import type { Sink, WatchedObject } from "../../base/http.ts";

export interface WatchStream {
  /** Queues bytes; false where the reader is too far behind and the stream was ended. */
  write(bytes: Uint8Array): boolean;
  /** The same with an event as an object, for a sink that takes it; `sizeBytes` is what it counts for while it waits. */
  take(event: WatchedObject, sizeBytes: number): boolean;
  /** Ends the answer once everything that is queued was sent. */
  end(): void;
  readonly closed: boolean;
}

interface Item {
  readonly content: Uint8Array | WatchedObject;
  readonly sizeBytes: number;
}

/** Bytes that may wait for one reader, besides the initial events. */
const PENDING_LIMIT_BYTES = 16 * 1024 * 1024;

export function watchStream(sink: Sink, limitBytes = PENDING_LIMIT_BYTES): WatchStream {
  let queue: Item[] = [];
  let pendingBytes = 0;
  let blocked = false;
  let ending = false;

  const pass = (content: Item["content"]): boolean =>
    content instanceof Uint8Array ? sink.write(content) : (sink.take?.(content) ?? false);

  function push(content: Item["content"], sizeBytes: number): boolean {
    if (ending || sink.closed) return false;
    if (!blocked) {
      if (!pass(content)) block();
      return true;
    }
    pendingBytes += sizeBytes;
    queue.push({ content, sizeBytes });
    if (pendingBytes <= limitBytes) return true;
    queue = [];
    ending = true;
    sink.end();
    return false;
  }

  async function drain(): Promise<void> {
    await sink.drained();
    blocked = false;
    while (queue.length > 0 && !blocked && !sink.closed) {
      const waiting = queue;
      queue = [];
      for (let index = 0; index < waiting.length; index++) {
        const item = waiting[index];
        if (item === undefined) continue;
        pendingBytes -= item.sizeBytes;
        if (!pass(item.content)) {
          queue = waiting.slice(index + 1);
          block();
          break;
        }
      }
    }
    if (ending && queue.length === 0) sink.end();
  }

  function block(): void {
    blocked = true;
    void drain();
  }

  return {
    get closed() {
      return ending || sink.closed;
    },
    write: (bytes) => push(bytes, bytes.length),
    take: push,
    end() {
      if (ending) return;
      ending = true;
      if (queue.length === 0) sink.end();
    },
  };
}
