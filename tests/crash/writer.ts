/**
 * The process that is killed: `writer.ts DIRECTORY [--no-sync]`. It writes until it is killed, and says on standard output, with
 * writes that do not wait in this process, what it starts (`start W N`) and what was acknowledged (`done W N REVISION`).
 */
import { writeSync } from "node:fs";
import { decodeUtf8 } from "../../src/base/bytes.ts";
import { realClock } from "../../src/base/clock.ts";
import { openLmdbStore } from "../../src/store/lmdb/lmdb-store.ts";
import type { Store } from "../../src/store/store.ts";
import { keysOf, operationsOf, WRITERS } from "./workload.ts";

const say = (line: string): void => void writeSync(1, `${line}\n`);

async function write(store: Store, writer: number): Promise<void> {
  const entry = await store.get(keysOf(writer).first);
  let step = entry === undefined ? 0 : Number(decodeUtf8(entry.value).split(" ")[1]);
  for (;;) {
    step++;
    say(`start ${writer} ${step}`);
    const { revision } = await store.commit(operationsOf(writer, step));
    say(`done ${writer} ${step} ${revision}`);
  }
}

/** Compaction all the time, so that a kill often meets it. */
async function compact(store: Store): Promise<void> {
  for (;;) {
    await store.compact(Math.max(0, (await store.revision()) - 300));
    await realClock.pause();
  }
}

const [directory = "", noSync] = process.argv.slice(2);
const store = await openLmdbStore({ directory, clock: realClock, noSync: noSync === "--no-sync" });
say("ready");
await Promise.all([compact(store), ...Array.from({ length: WRITERS }, (_, writer) => write(store, writer))]);
