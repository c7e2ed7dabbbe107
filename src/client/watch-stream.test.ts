import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "../api/meta.ts";
import { encodeUtf8 } from "../base/bytes.ts";
import { virtualClock } from "../base/virtual-clock.ts";
import type { WatchEvent } from "./client.ts";
import { watchStream } from "./watch-stream.ts";

const frame = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const open = () => {
  const events: WatchEvent<KubernetesObject>[] = [];
  return { events, stream: watchStream<KubernetesObject>(virtualClock(), (event) => void events.push(event)) };
};

describe("a watch stream", () => {
  test("gives the same events however the bytes are cut", async () => {
    const bytes = encodeUtf8(frame("ADDED", { metadata: { name: "é" } }) + frame("DELETED", { metadata: { name: "b" } }));
    for (let cut = 1; cut < bytes.length; cut++) {
      const { events, stream } = open();
      for (let start = 0; start < bytes.length; start += cut) stream.sink.write(bytes.subarray(start, start + cut));
      stream.sink.end();
      await stream.done;
      expect(events).toEqual([
        { type: "ADDED", object: { metadata: { name: "é" } } },
        { type: "DELETED", object: { metadata: { name: "b" } } },
      ]);
    }
  });

  test("tells the bookmark that ends the initial events", () => {
    const { events, stream } = open();
    const annotations = { "k8s.io/initial-events-end": "true" };
    stream.sink.write(encodeUtf8(frame("BOOKMARK", { metadata: { resourceVersion: "9", annotations } })));
    expect(events).toEqual([{ type: "BOOKMARK", resourceVersion: "9", initialEventsEnd: true }]);
  });

  test("rejects with the status of an ERROR event", async () => {
    const { stream } = open();
    stream.sink.write(encodeUtf8(frame("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old" })));
    await expect(stream.done).rejects.toMatchObject({ code: 410, reason: "Expired", message: "too old" });
  });

  test("rejects where the connection breaks", async () => {
    const { stream } = open();
    stream.sink.abort();
    await expect(stream.done).rejects.toMatchObject({ code: 503 });
  });
});
