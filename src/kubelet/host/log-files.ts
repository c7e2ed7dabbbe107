/**
 * Reads the log files that runtimes write: `TIME STREAM TAG TEXT` a line, where the tag P marks a part of a longer line.
 * https://kubernetes.io/docs/concepts/cluster-administration/logging/
 */
import { watch } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { concatBytes, decodeUtf8, EMPTY } from "../../base/bytes.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { ContainerOutput, LogReadOptions, LogRecord } from "../runtime/output.ts";

const BLOCK = 64 * 1024;
const NEWLINE = 10;
const SPACE = 32;
/** How long a follower waits for news of the file at most: a rotated file tells nothing of itself. */
const POLL_MS = 1_000;

/** Undefined where the line is not one of a runtime's. */
export function parseLogLine(line: Uint8Array): LogRecord | undefined {
  const first = line.indexOf(SPACE);
  const second = line.indexOf(SPACE, first + 1);
  const third = line.indexOf(SPACE, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const stream = decodeUtf8(line.subarray(first + 1, second));
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  const isPart = line[second + 1] === 0x50;
  const text = line.subarray(third + 1);
  return { timestamp: decodeUtf8(line.subarray(0, first)), stream, bytes: isPart ? text.subarray(0, text.length - 1) : text };
}

/** Where the last `lines` lines begin: read from the end, block by block. */
async function startOfTail(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines === 0) return size;
  let left = lines;
  const buffer = new Uint8Array(BLOCK);
  for (let end = size; end > 0; end -= Math.min(BLOCK, end)) {
    const length = Math.min(BLOCK, end);
    await file.read(buffer, 0, length, end - length);
    for (let index = length - 1; index >= 0; index--) {
      const position = end - length + index;
      // The newline that ends the file begins no further line.
      if (buffer[index] !== NEWLINE || position === size - 1) continue;
      if (--left === 0) return position + 1;
    }
  }
  return 0;
}

/** Lines of a file from a position on, and where the next will begin. */
class LineReader {
  readonly #file: FileHandle;
  #position: number;
  #rest: Uint8Array = EMPTY;

  constructor(file: FileHandle, position: number) {
    this.#file = file;
    this.#position = position;
  }

  /** What is there of a line that has not come to its end. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  /** The whole lines that are there now, newline included; empty at the end of the file. */
  async next(): Promise<Uint8Array[]> {
    const buffer = new Uint8Array(BLOCK);
    const { bytesRead } = await this.#file.read(buffer, 0, BLOCK, this.#position);
    this.#position += bytesRead;
    const all = concatBytes([this.#rest, buffer.subarray(0, bytesRead)]);
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, start)) {
      lines.push(all.subarray(start, end + 1));
      start = end + 1;
    }
    this.#rest = all.subarray(start);
    return bytesRead === 0 ? [] : lines.length === 0 ? this.next() : lines;
  }
}

/** Resolves when the file has changed, or after a while. */
async function changed(clock: Clock, path: string, signal: AbortSignal): Promise<void> {
  const news = new AbortController();
  const either = AbortSignal.any([news.signal, signal]);
  const watcher = watch(dirname(path), (_event, name) => {
    if (name === null || name === basename(path)) news.abort();
  });
  watcher.on("error", () => news.abort());
  await sleep(clock, POLL_MS, either);
  watcher.close();
}

/** Undefined where the line is none, or too old. */
function wantedRecord(line: Uint8Array, { sinceMs }: LogReadOptions): LogRecord | undefined {
  const record = parseLogLine(line);
  return record !== undefined && (sinceMs === undefined || Date.parse(record.timestamp) >= sinceMs) ? record : undefined;
}

/** The records of one file; answers true where another has taken its place, of which all is news. */
async function* fileRecords(
  clock: Clock,
  path: string,
  file: FileHandle,
  options: LogReadOptions,
  start: number,
): AsyncGenerator<LogRecord, boolean> {
  const { ino } = await file.stat();
  const reader = new LineReader(file, start);
  let isReplaced = false;
  for (;;) {
    const hadEnded = options.ended();
    const lines = await reader.next();
    for (const line of lines) {
      const record = wantedRecord(line, options);
      if (record !== undefined) yield record;
      if (options.signal.aborted) return false;
    }
    if (lines.length > 0) continue;
    // What was written to the old file until the new one was there has been read now.
    if (isReplaced) return true;
    if (options.follow && !options.signal.aborted && (await isOther(path, ino))) {
      isReplaced = true;
      continue;
    }
    // Nothing comes after what was read once the container had ended.
    if (!options.follow || hadEnded || options.signal.aborted) break;
    await changed(clock, path, options.signal);
  }
  const rest = wantedRecord(reader.rest, options);
  if (rest !== undefined) yield rest;
  return false;
}

async function* follow(clock: Clock, path: string, options: LogReadOptions): AsyncGenerator<LogRecord> {
  let { tailLines } = options;
  for (let goesOn = true; goesOn; ) {
    const file = await open(path, "r").catch(() => undefined);
    if (file === undefined) return;
    try {
      const start = tailLines === undefined ? 0 : await startOfTail(file, tailLines);
      goesOn = yield* fileRecords(clock, path, file, options, start);
    } finally {
      await file.close();
    }
    tailLines = undefined;
  }
}

async function isOther(path: string, inode: number): Promise<boolean> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return false;
  const { ino } = await file.stat();
  await file.close();
  return ino !== inode;
}

export const logFiles = (clock: Clock): ContainerOutput => ({
  logs: ({ path }, options) => follow(clock, path, options),
  async terminationMessage({ path }, limitBytes) {
    const bytes = await readFile(path).catch(() => undefined);
    return bytes === undefined ? undefined : decodeUtf8(bytes.subarray(0, limitBytes));
  },
});
