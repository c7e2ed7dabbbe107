/** Reads a log with its older files, and follows it while it grows and is turned over. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { type Clock, sleep } from "../../base/clock.ts";
import { entryReader, type LogEntry } from "./entry.ts";
import { olderFiles } from "./rotation.ts";

const POLL_MS = 200;
const CHUNK_BYTES = 64 * 1024;
/** A longer line is given as it is so far. */
const MAX_LINE_LENGTH = 1024 * 1024;

/** Entries from the oldest file to the newest. What is not there has none. */
export async function* entriesOf(path: string): AsyncGenerator<LogEntry> {
  const reader = entryReader();
  for (const file of [...olderFiles(path).toReversed(), path]) {
    for await (const line of linesOf(file)) {
      const entry = reader.take(line);
      if (entry !== undefined) yield entry;
    }
  }
  const last = reader.rest();
  if (last !== undefined) yield last;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}

export interface FollowOptions {
  /** Where in the file to begin. */
  fromBytes: number;
  clock: Clock;
  signal: AbortSignal;
}

/** How large a log is now; following from there misses nothing. */
export const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

/** Entries as they are written, until `signal` aborts. Goes on over rotation: see rotation.ts. */
export async function* follow(path: string, { fromBytes, clock, signal }: FollowOptions): AsyncGenerator<LogEntry> {
  const reader = entryReader();
  let [position, unfinished] = [fromBytes, ""];
  let older = await identityOf(path);
  while (!signal.aborted) {
    const current = await identityOf(path);
    let text = unfinished;
    // It may have been turned over before we looked for the first time.
    if (current !== older || (await sizeOf(path)) < position) {
      text += (await textFrom(`${path}.1`, position)).text;
      // It is emptied right after the copy.
      await sleep(clock, POLL_MS, signal);
      [position, older] = [0, current];
    }
    const more = await textFrom(path, position);
    position = more.end;
    const lines = (text + more.text).split("\n");
    unfinished = lines.pop() ?? "";
    if (unfinished.length > MAX_LINE_LENGTH) {
      lines.push(unfinished);
      unfinished = "";
    }
    for (const line of lines) {
      const entry = reader.take(line);
      if (entry !== undefined) yield entry;
    }
    const last = reader.rest();
    if (last !== undefined) yield last;
    await sleep(clock, POLL_MS, signal);
  }
}

/** Changes when the log is turned over. */
const identityOf = async (path: string): Promise<number> => (await stat(`${path}.1`).catch(() => undefined))?.ino ?? 0;

async function textFrom(path: string, start: number): Promise<{ text: string; end: number }> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return { text: "", end: start };
  try {
    const chunks: Buffer[] = [];
    let position = start;
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position);
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
    return { text: Buffer.concat(chunks).toString(), end: position };
  } finally {
    await file.close();
  }
}
