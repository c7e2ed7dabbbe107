import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { realClock } from "../../base/clock.ts";
import { formatLogLine, type LogLevel } from "../../base/logger.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { entryReader, type LogEntry, parseEntry } from "./entry.ts";
import { entriesOf, follow, sizeOf } from "./reading.ts";
import { fileSink, rotateIfLarge, startRotation } from "./rotation.ts";
import { last, select } from "./selection.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "timonier-logs-"));
  path = join(directory, "some.log");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const LIMITS = { maxBytes: 1000, keep: 2 };
const START_MS = Date.parse("2026-05-01T10:00:00Z");
const line = (seconds: number, level: LogLevel, message: string, component?: string): string =>
  `${formatLogLine(START_MS + seconds * 1000, level, message, { component })}\n`;

async function texts(entries: AsyncIterable<LogEntry>): Promise<string[]> {
  const found: string[] = [];
  for await (const { text } of entries) found.push(text);
  return found;
}

describe("an entry", () => {
  test("of ours has a time, a level and a component", () => {
    expect(parseEntry(line(1, "warn", "cannot follow", "scheduler").trim())).toMatchObject({
      timeMs: START_MS + 1000,
      level: "warn",
      component: "scheduler",
    });
  });

  test("of containerd has a time and a level", () => {
    const of = (level: string): unknown => parseEntry(`time="2026-05-01T10:00:01.5Z" level=${level} msg="x"`)?.level;
    expect([of("warning"), of("error"), of("fatal"), of("info")]).toEqual(["warn", "error", "error", "info"]);
    expect(parseEntry('time="2026-05-01T10:00:01.5Z" level=error msg="x"')?.timeMs).toBe(START_MS + 1500);
  });

  test("goes on in indented lines, and a crash is one entry and an error", () => {
    const reader = entryReader();
    const lines = [
      ...line(0, "info", "one").trim().split("\n"),
      "    more",
      "node:internal: it broke",
      "Error: x",
      "    at y",
      line(1, "info", "two").trim(),
    ];
    const entries = lines.flatMap((each) => reader.take(each) ?? []);
    expect(entries.map(({ level, text }) => [level, text.split("\n").length])).toEqual([
      ["info", 2],
      ["error", 3],
    ]);
    expect(reader.rest()?.text).toContain("two");
  });
});

describe("a log file", () => {
  test("never outgrows its limits, and keeps what was said last in order", async () => {
    const sink = fileSink(path, realClock, LIMITS);
    for (let count = 0; count < 100; count++) sink("info", `line ${count}`, {});
    for (const file of [path, `${path}.1`, `${path}.2`]) expect(statSync(file).size).toBeLessThan(LIMITS.maxBytes + 100);
    expect(existsSync(`${path}.3`)).toBe(false);
    const kept = (await texts(entriesOf(path))).map((text) => Number(/line (\d+)$/.exec(text)?.[1]));
    expect(kept.at(-1)).toBe(99);
    expect(kept.length).toBeGreaterThan(40);
    expect(kept).toEqual(kept.map((_, at) => (kept[0] ?? 0) + at));
  });

  test("that somebody else writes to is emptied under their hands", () => {
    writeFileSync(path, "x".repeat(1000));
    const clock = virtualClock();
    const rotation = startRotation([path, join(directory, "none")], clock, LIMITS);
    rotateIfLarge(path, { ...LIMITS, maxBytes: 2000 });
    expect(existsSync(`${path}.1`)).toBe(false);
    return clock.advance(60_000).then(() => {
      rotation.stop();
      expect([statSync(path).size, readFileSync(`${path}.1`, "utf8").length]).toEqual([0, 1000]);
    });
  });

  test("whose disk fails ends nothing", () => {
    expect(() => fileSink(join(directory, "no/such/place"), realClock)("error", "x", {})).not.toThrow();
  });

  test("is followed over its rotation without loss or repetition", async () => {
    writeFileSync(path, line(0, "info", "before"));
    const ended = new AbortController();
    const seen: string[] = [];
    let more = (): void => {};
    const options = { fromBytes: await sizeOf(path), clock: realClock, signal: ended.signal };
    const following = (async () => {
      for await (const { text } of follow(path, options)) {
        seen.push(text.split(" ").at(-1) ?? "");
        more();
      }
    })();
    const until = (text: string): Promise<void> =>
      new Promise((resolve) => {
        more = () => seen.includes(text) && resolve();
        more();
      });
    appendFileSync(path, line(1, "info", "first"));
    await until("first");
    appendFileSync(path, line(2, "info", "old"));
    rotateIfLarge(path, { ...LIMITS, maxBytes: 1 });
    appendFileSync(path, line(3, "info", "new"));
    await until("new");
    ended.abort();
    await following;
    expect(seen).toEqual(["first", "old", "new"]);
  });
});

describe("logs of several processes", () => {
  const sources = () => [
    { process: "server" as const, path: join(directory, "a.log") },
    { process: "agent" as const, path: join(directory, "b.log") },
  ];
  beforeEach(() => {
    writeFileSync(join(directory, "a.log"), line(0, "info", "a0") + line(2, "error", "a2", "scheduler") + line(4, "info", "a4"));
    writeFileSync(join(directory, "b.log"), line(1, "warn", "b1", "proxy") + line(3, "debug", "b3"));
  });
  const words = (found: readonly string[]): (string | undefined)[] => found.map((text) => / ([ab]\d)/.exec(text)?.[1]);

  test("are one, by time", async () => {
    expect(words(await texts(select(sources(), {})))).toEqual(["a0", "b1", "a2", "b3", "a4"]);
  });

  test("are chosen by level, time and component", async () => {
    expect(words(await texts(select(sources(), { level: "warn" })))).toEqual(["b1", "a2"]);
    expect(words(await texts(select(sources(), { sinceMs: START_MS + 3000 })))).toEqual(["b3", "a4"]);
    const [, agent] = sources();
    expect(words(await texts(select(agent === undefined ? [] : [{ ...agent, component: "proxy" }], {})))).toEqual(["b1"]);
  });

  test("give their last entries", async () => {
    expect(words((await last(select(sources(), {}), 2)).map(({ text }) => text))).toEqual(["b3", "a4"]);
    expect(await last(select(sources(), {}), 0)).toEqual([]);
  });
});
