import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeUtf8 } from "../../base/bytes.ts";
import { realClock } from "../../base/clock.ts";
import { logFiles } from "./log-files.ts";
import { logFileRotation } from "./log-rotation.ts";

const START_MS = Date.parse("2026-11-24T11:53:05Z");
let directory: string;
let log: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "timonier-rotation-"));
  log = join(directory, "0.log");
});
afterEach(() => rm(directory, { recursive: true }));

const line = (text: string): string => `2026-11-24T11:53:05.000000001Z stdout F ${text}\n`;
const names = async (): Promise<string[]> => (await readdir(directory)).sort();
/** As a runtime that writes on in a new file. */
const rotate = (turn: number, reopen = () => writeFile(log, line(`file ${turn}`))): Promise<void> =>
  logFileRotation.rotate(log, { maxFiles: 3, nowMs: START_MS + turn * 10_000, reopen });

describe("a log that has grown too large", () => {
  test("is put aside under the time, and compressed at the next turn", async () => {
    await writeFile(log, line("file 0"));
    await rotate(1);
    expect(await names()).toEqual(["0.log", "0.log.20261124-115315"]);
    await rotate(2);
    expect(await names()).toEqual(["0.log", "0.log.20261124-115315.gz", "0.log.20261124-115325"]);
    expect(gunzipSync(await readFile(`${log}.20261124-115315.gz`)).toString()).toBe(line("file 0"));
  });

  test("is kept in as many files as may be, the newest ones", async () => {
    await writeFile(log, line("file 0"));
    for (const turn of [1, 2, 3, 4]) await rotate(turn);
    expect(await names()).toEqual(["0.log", "0.log.20261124-115335.gz", "0.log.20261124-115345"]);
    expect(await readFile(log, "utf8")).toBe(line("file 4"));
  });

  test("is in its place again where the runtime does not go on elsewhere", async () => {
    await writeFile(log, line("file 0"));
    await expect(rotate(1, () => Promise.reject(new Error("gone")))).rejects.toThrow("gone");
    expect(await names()).toEqual(["0.log"]);
  });

  test("leaves no half-written files, and goes as a whole", async () => {
    await writeFile(log, line("file 0"));
    await writeFile(`${log}.20261124-115300.tmp`, "half");
    await writeFile(`${log}.20261124-115301`, "twice");
    await writeFile(`${log}.20261124-115301.gz`, "twice");
    await rotate(1);
    expect(await names()).toEqual(["0.log", "0.log.20261124-115301.gz", "0.log.20261124-115315"]);
    await writeFile(join(directory, "1.log"), "another");
    await logFileRotation.remove(log);
    expect(await names()).toEqual(["1.log"]);
    expect(await logFileRotation.sizeOf(log)).toBeUndefined();
  });

  test("is followed without a line missing, whatever is still written to the old file", async () => {
    await writeFile(log, line("a"));
    const seen: string[] = [];
    const stopping = new AbortController();
    const options = { follow: true, ended: () => false, signal: stopping.signal };
    for await (const { bytes } of logFiles(realClock).logs({ containerId: "c", path: log }, options)) {
      seen.push(decodeUtf8(bytes).trim());
      if (seen.length === 1)
        await logFileRotation.rotate(log, {
          maxFiles: 5,
          nowMs: START_MS,
          async reopen() {
            await appendFile(`${log}.20261124-115305`, line("b"));
            await writeFile(log, line("c"));
          },
        });
      if (seen.length === 3) stopping.abort();
    }
    expect(seen).toEqual(["a", "b", "c"]);
  });
});

test("the last line is read also where it has not come to its end", async () => {
  await writeFile(log, `${line("a")}2026-11-24T11:53:05Z stdout F b`);
  const seen: string[] = [];
  const options = { follow: false, ended: () => true, signal: new AbortController().signal };
  for await (const { bytes } of logFiles(realClock).logs({ containerId: "c", path: log }, options)) seen.push(decodeUtf8(bytes));
  expect(seen).toEqual(["a\n", "b"]);
});
