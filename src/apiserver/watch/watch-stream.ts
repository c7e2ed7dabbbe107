/**
 * The sending side of one watch: writes frames in order, waits while the connection is full, and gives up on a reader that stays
 * behind. Nothing is ever left out: a stream that cannot keep up ends, and its client watches again.
 */
import type { Sink } from "../../base/http.ts";

export interface WatchStream {
  /** Queues bytes; false where the reader is too far behind and the stream was ended. */
  write(bytes: Uint8Array): boolean;
  /** Ends the answer once everything that is queued was sent. */
  end(): void;
  readonly closed: boolean;
}

/** Bytes that may wait for one reader, besides the initial events. */
const PENDING_LIMIT_BYTES = 16 * 1024 * 1024;

export function watchStream(sink: Sink, limitBytes = PENDING_LIMIT_BYTES): WatchStream {
  let queue: Uint8Array[] = [];
  let pendingBytes = 0;
  let blocked = false;
  let ending = false;

  async function drain(): Promise<void> {
    await sink.drained();
    blocked = false;
    while (queue.length > 0 && !blocked && !sink.closed) {
      const waiting = queue;
      queue = [];
      for (let index = 0; index < waiting.length; index++) {
        const bytes = waiting[index];
        if (bytes === undefined) continue;
        pendingBytes -= bytes.length;
        if (!sink.write(bytes)) {
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
    write(bytes) {
      if (ending || sink.closed) return false;
      if (!blocked) {
        if (!sink.write(bytes)) block();
        return true;
      }
      pendingBytes += bytes.length;
      queue.push(bytes);
      if (pendingBytes <= limitBytes) return true;
      queue = [];
      ending = true;
      sink.end();
      return false;
    },
    end() {
      if (ending) return;
      ending = true;
      if (queue.length === 0) sink.end();
    },
  };
}
