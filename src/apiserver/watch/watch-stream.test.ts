import { expect, test } from "vitest";
import type { Sink } from "../../base/http.ts";
import { watchStream } from "./watch-stream.ts";

/** A connection that is full after each write until `drain` is called. */
function slowSink() {
  const written: number[] = [];
  let ended = false;
  let wake = (): void => {};
  const sink: Sink = {
    write(bytes) {
      written.push(bytes[0] ?? 0);
      return false;
    },
    drained: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    end() {
      ended = true;
    },
    abort() {
      ended = true;
    },
    get closed() {
      return ended;
    },
  };
  return { sink, written, ended: () => ended, drain: () => wake() };
}

const frame = (mark: number): Uint8Array => Uint8Array.of(mark, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const turn = (): Promise<void> => Promise.resolve().then(() => undefined);

test("a slow reader gets everything in order", async () => {
  const { sink, written, drain } = slowSink();
  const stream = watchStream(sink, 100);
  for (const mark of [1, 2, 3]) expect(stream.write(frame(mark))).toBe(true);
  expect(written).toEqual([1]);
  for (let round = 0; round < 3; round++) {
    drain();
    await turn();
  }
  expect(written).toEqual([1, 2, 3]);
});

test("a reader that stays behind is ended, with nothing left out before the end", async () => {
  const { sink, written, ended, drain } = slowSink();
  const stream = watchStream(sink, 25);
  const taken = [1, 2, 3, 4, 5].filter((mark) => stream.write(frame(mark)));
  expect(taken).toEqual([1, 2, 3]);
  expect(ended()).toBe(true);
  expect(stream.closed).toBe(true);
  drain();
  await turn();
  expect(written).toEqual([1]);
});
