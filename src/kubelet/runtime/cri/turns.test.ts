import { describe, expect, test } from "vitest";
import { virtualClock } from "../../../base/virtual-clock.ts";
import { turns } from "./turns.ts";

const PATIENCE_MS = 1_000;

function setUp() {
  const clock = virtualClock();
  const take = turns({ clock, atOnce: 2, patienceMs: PATIENCE_MS });
  const begun: string[] = [];
  const open = new Map<string, () => void>();
  const call = (name: string, signal?: AbortSignal): Promise<string> =>
    take(() => {
      begun.push(name);
      return new Promise((resolve) => open.set(name, () => resolve(name)));
    }, signal);
  const settle = (): Promise<void> => clock.pause();
  return { clock, call, begun, open, settle };
}

describe("heavy calls", () => {
  test("begin in their order, as many at once as may", async () => {
    const { call, begun, open, settle } = setUp();
    const calls = ["a", "b", "c", "d"].map((name) => call(name));
    await settle();
    expect(begun).toEqual(["a", "b"]);
    open.get("b")?.();
    expect(await calls[1]).toBe("b");
    await settle();
    expect(begun).toEqual(["a", "b", "c"]);
  });

  test("give their turn back where they take long, and go on", async () => {
    const { clock, call, begun, open, settle } = setUp();
    const calls = ["a", "b", "c"].map((name) => call(name));
    await settle();
    await clock.advance(PATIENCE_MS);
    expect(begun).toEqual(["a", "b", "c"]);
    // What ends late gives nothing back a second time.
    open.get("a")?.();
    open.get("b")?.();
    expect(await Promise.all(calls.slice(0, 2))).toEqual(["a", "b"]);
    for (const name of ["d", "e"]) void call(name);
    await settle();
    expect(begun).toEqual(["a", "b", "c", "d"]);
  });

  test("are given up where nobody wants them any more before their turn", async () => {
    const { call, begun, open, settle } = setUp();
    const stop = new AbortController();
    const first = call("a");
    void call("b");
    const unwanted = call("c", stop.signal);
    void call("d");
    stop.abort();
    await expect(unwanted).rejects.toMatchObject({ code: "Canceled" });
    open.get("a")?.();
    await first;
    await settle();
    expect(begun).toEqual(["a", "b", "d"]);
  });
});
