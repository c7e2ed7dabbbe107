/** From a Node stream to a Sink, no faster than the sink takes it. */
import type { Readable } from "node:stream";
import type { Sink } from "../base/http.ts";
import { bytesPassed } from "./passed-bytes.ts";

export interface PourOptions {
  /** What happens to bytes that come after the sink was closed: they are read and dropped, or the stream is broken off. */
  whenClosed: "drop" | "destroy";
}

/** Ends the sink where the stream came to its end, and aborts it where the stream broke. */
export function pour(from: Readable, sink: Sink, { whenClosed }: PourOptions): void {
  let ended = false;
  from.on("data", (bytes: Buffer) => {
    bytesPassed(bytes.length);
    if (sink.write(bytes)) return;
    if (sink.closed) {
      if (whenClosed === "destroy") from.destroy();
      return;
    }
    from.pause();
    void sink.drained().then(() => from.resume());
  });
  from.once("end", () => {
    ended = true;
    sink.end();
  });
  from.on("error", () => {});
  from.once("close", () => {
    if (!ended && !sink.closed) sink.abort();
  });
}
