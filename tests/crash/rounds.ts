/**
 * Crash rounds: a writer process works on a directory, is killed with SIGKILL at a random instant, and what it leaves is checked
 * against what it said. The next round goes on in the same directory.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { decodeUtf8, equalBytes } from "../../src/base/bytes.ts";
import { realClock } from "../../src/base/clock.ts";
import { openLmdbStore } from "../../src/store/lmdb/lmdb-store.ts";
import type { Entry, Store, StoreError, StoreEvent } from "../../src/store/store.ts";
import { keysOf, operationsOf, WRITERS, writtenValue } from "./workload.ts";

/** What the writer process said before it was killed, over all rounds. */
export interface Said {
  /** The last step that each writer started, and the last that was acknowledged. */
  readonly started: number[];
  readonly acknowledged: number[];
  /** Acknowledged transactions of the present round: their last revision. */
  readonly revisions: Map<string, number>;
  /** The newest revision that was seen in any round. */
  newest: number;
  totalAcknowledged: number;
}

export const nothingSaid = (): Said => ({
  started: new Array<number>(WRITERS).fill(0),
  acknowledged: new Array<number>(WRITERS).fill(0),
  revisions: new Map(),
  newest: 0,
  totalAcknowledged: 0,
});

export interface KillOptions {
  readonly directory: string;
  readonly noSync?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** How long after the process is ready, or, where negative, after it was started. */
  readonly killAfterMs: number;
}

/** Starts a writer, kills it, and notes what it said. */
export async function killedWriter(options: KillOptions, said: Said): Promise<void> {
  const args = [join(import.meta.dirname, "writer.ts"), options.directory, ...(options.noSync ? ["--no-sync"] : [])];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.environment },
  });
  const kill = (afterMs: number): void => void realClock.after(afterMs, () => child.kill("SIGKILL"));
  let output = "";
  let errors = "";
  let ready = false;
  child.stderr.on("data", (bytes: Buffer) => {
    errors += bytes.toString();
  });
  child.stdout.on("data", (bytes: Buffer) => {
    output += bytes.toString();
    if (ready || !output.includes("ready\n")) return;
    ready = true;
    if (options.killAfterMs >= 0) kill(options.killAfterMs);
  });
  if (options.killAfterMs < 0) kill(-options.killAfterMs);
  const signal = await new Promise((resolve) => child.on("close", (_code, by) => resolve(by)));
  note(output, said);
  if (signal !== "SIGKILL") throw new Error(`the writer ended by itself: ${errors}`);
}

function note(output: string, said: Said): void {
  said.revisions.clear();
  // The last line may be cut off.
  for (const line of output.split("\n").slice(0, -1)) {
    const [what, writer = "", step = "", revision = ""] = line.split(" ");
    if (what === "start") said.started[Number(writer)] = Number(step);
    if (what !== "done") continue;
    said.acknowledged[Number(writer)] = Number(step);
    said.revisions.set(`${writer} ${step}`, Number(revision));
    said.newest = Math.max(said.newest, Number(revision));
    said.totalAcknowledged++;
  }
}

/** Opens what is left and checks it. Throws where something is lost, torn, invented or gone back; opening may throw too. */
export async function checkWhatIsLeft(directory: string, said: Said): Promise<void> {
  const store = await openLmdbStore({ directory, clock: realClock });
  try {
    const newest = await store.revision();
    must(newest >= said.newest, `the newest revision is ${newest}, and ${said.newest} was seen`);
    said.newest = newest;
    for (let writer = 0; writer < WRITERS; writer++) await checkWriter(store, writer, said);
    await checkHistory(store, said);
  } finally {
    await store.close();
  }
}

function must(condition: boolean, complaint: string): void {
  if (!condition) throw new Error(complaint);
}

const stepOf = (entry: Entry | undefined): number => (entry === undefined ? 0 : Number(decodeUtf8(entry.value).split(" ")[1]));

async function checkWriter(store: Store, writer: number, said: Said): Promise<void> {
  const keys = keysOf(writer);
  const [first, second, third] = await Promise.all([store.get(keys.first), store.get(keys.second), store.get(keys.nowAndThen)]);
  const step = stepOf(first);
  must(
    step >= (said.acknowledged[writer] ?? 0),
    `writer ${writer}: step ${said.acknowledged[writer]} was acknowledged, and ${step} is there`,
  );
  must(
    step <= (said.started[writer] ?? 0),
    `writer ${writer}: step ${step} is there, and ${said.started[writer]} was the last started`,
  );
  must(stepOf(second) === step, `writer ${writer}: one key is at step ${step}, the other at ${stepOf(second)}`);
  for (const entry of [first, second, third]) {
    if (entry === undefined) continue;
    must(equalBytes(entry.value, writtenValue(writer, stepOf(entry))), `${entry.key} is torn at step ${stepOf(entry)}`);
  }
  const expectedThird = step < 10 || step % 10 >= 5 ? 0 : step - (step % 10);
  must(
    stepOf(third) === expectedThird,
    `writer ${writer}: the third key is at ${stepOf(third)}, not ${expectedThird}, at step ${step}`,
  );
  // Where the last step was not acknowledged, it is known now whether it happened.
  said.acknowledged[writer] = step;
  said.started[writer] = step;
}

/** Every event that is kept is a step that was started, whole, in order; every acknowledged step of the round has its events. */
async function checkHistory(store: Store, said: Said): Promise<void> {
  const compacted = await store.compactedRevision();
  const events = await eventsAfter(store, compacted);
  let expected = compacted;
  const last = new Map<string, StoreEvent>();
  for (const event of events) {
    must(event.revision === ++expected, `revision ${event.revision} follows ${expected - 1}`);
    const before = last.get(event.key);
    must(
      before === undefined || event.previous?.revision === (before.value && before.revision),
      `${event.key}: its previous record is another`,
    );
    last.set(event.key, event);
    if (event.value === undefined) continue;
    const [writer = "", step = ""] = decodeUtf8(event.value).split(" ");
    must(equalBytes(event.value, writtenValue(Number(writer), Number(step))), `revision ${event.revision} is torn`);
    const revision = said.revisions.get(`${writer} ${step}`);
    must(
      revision === undefined || event.revision <= revision,
      `writer ${writer} step ${step} is at ${event.revision}, not ${revision}`,
    );
  }
  must(expected === (await store.revision()), "the log ends before the newest revision");
  for (const [name, revision] of said.revisions) {
    const [writer = 0, step = 0] = name.split(" ").map(Number);
    if (revision <= compacted) continue;
    const event = events[revision - compacted - 1];
    must(
      operationsOf(writer, step).at(-1)?.key === event?.key,
      `the acknowledged step ${name} is not at its revision ${revision}`,
    );
  }
}

function eventsAfter(store: Store, after: number): Promise<StoreEvent[]> {
  const events: StoreEvent[] = [];
  const newest = Number(store.revision());
  if (newest <= after) return Promise.resolve(events);
  return new Promise((resolve, reject) => {
    const watch = store.watch({
      prefix: "/",
      after,
      onEvents(more) {
        events.push(...more);
        if ((events.at(-1)?.revision ?? 0) < newest) return;
        watch.stop();
        resolve(events);
      },
      onEnd: (error: StoreError) => reject(error),
    });
  });
}
