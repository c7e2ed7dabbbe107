/**
 * A watch as the server sends it: one JSON document a line, however the bytes are cut.
 *
 * A server in this process may hand over objects instead. Events are parsed and handed on while the server writes, so nothing
 * queues up here; after a slice of work the sink asks the writer to wait for a turn of the event loop, so that a long initial list
 * blocks nobody.
 */
import { type Status, serviceUnavailable } from "../api/errors.ts";
import type { KubernetesObject } from "../api/meta.ts";
import { concatBytes, decodeUtf8 } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { Sink } from "../base/http.ts";
import { errorOfStatus } from "./answers.ts";
import type { WatchEvent } from "./client.ts";

const NEWLINE = 10;
/** Work done in one go before the writer is asked to wait. */
const SLICE_MS = 8;
const NO_WAIT = Promise.resolve();

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

interface Frame<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: T;
}

function watchEventOf<T extends KubernetesObject>(frame: Frame<T>): WatchEvent<T> {
  if (frame.type === "ERROR") throw errorOfStatus(frame.object as unknown as Status);
  if (frame.type !== "BOOKMARK") return { type: frame.type, object: frame.object };
  const { resourceVersion, annotations } = frame.object.metadata;
  return {
    type: "BOOKMARK",
    resourceVersion: resourceVersion ?? "",
    initialEventsEnd: annotations?.[INITIAL_EVENTS_END] === "true",
  };
}

/** Calls `onLine` for every line of what is written. */
function lineSplitter(onLine: (line: Uint8Array) => void): (bytes: Uint8Array) => void {
  let rest: Uint8Array[] = [];
  return (bytes) => {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end < 0) break;
      const tail = bytes.subarray(start, end);
      const line = rest.length === 0 ? tail : concatBytes([...rest, tail]);
      rest = [];
      start = end + 1;
      if (line.length > 0) onLine(line);
    }
    if (start < bytes.length) rest.push(bytes.subarray(start));
  };
}

export interface WatchStream {
  readonly sink: Sink;
  /** Resolves at a clean end, rejects with the error of an ERROR event or of a broken connection. */
  readonly done: Promise<void>;
  /** The caller has seen enough: a clean end. */
  stop(): void;
}

export function watchStream<T extends KubernetesObject>(clock: Clock, onEvent: (event: WatchEvent<T>) => void): WatchStream {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let closed = false;
  let sliceStartMs = clock.monotonic();
  const finish = (error?: unknown): void => {
    if (closed) return;
    closed = true;
    if (error === undefined) resolve();
    else reject(error);
  };
  const tell = (event: () => WatchEvent<T>): void => {
    try {
      onEvent(event());
    } catch (error) {
      finish(error);
    }
  };
  const split = lineSplitter((line) => {
    if (!closed) tell(() => watchEventOf<T>(JSON.parse(decodeUtf8(line)) as Frame<T>));
  });
  const hasTime = (): boolean => clock.monotonic() - sliceStartMs < SLICE_MS;
  const sink: Sink = {
    write(bytes) {
      if (!closed) split(bytes);
      return hasTime();
    },
    take({ type, object }) {
      if (!closed) tell(() => ({ type, object: object as T }));
      return hasTime();
    },
    async drained() {
      await (closed ? NO_WAIT : clock.pause());
      sliceStartMs = clock.monotonic();
    },
    end: () => finish(),
    abort: () => finish(serviceUnavailable("the watch's connection broke")),
    get closed() {
      return closed;
    },
  };
  return { sink, done: promise, stop: () => finish() };
}
