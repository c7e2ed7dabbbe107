/**
 * Group commit: whatever waits is written in one durable transaction, one at a time; what arrives meanwhile makes the next one. So
 * a lone writer waits for one fdatasync, and many writers share one.
 *
 * When a batch fails, everything accepted after it rests on it and fails with it. Where there was no space nothing was written, and
 * the next batch may succeed. Any other error leaves open what is on disk: it is fatal, and nothing is written any more.
 */
import type { Clock } from "../../base/clock.ts";
import { StoreError } from "../store.ts";
import type { Change } from "./accepted.ts";
import { type BatchWriter, type Removals, writeBatch } from "./batch.ts";

export interface GroupCommitOptions {
  readonly clock: Clock;
  readonly writer: BatchWriter;
  /** Whether a batch failed for want of space, and nothing else. */
  diagnose(error: unknown): "full" | "unknown";
  /** The changes of one batch are on disk; called before their commits resolve. */
  onDurable(changes: readonly Change[]): void;
  /** Nothing that was submitted and not durable will be. */
  onFailed(error: StoreError): void;
  readonly statistics: CommitStatistics;
}

/** Plain counters for metrics; they only grow. */
export interface CommitStatistics {
  transactions: number;
  changes: number;
  batches: number;
  /** Time from handing a batch over until it is on disk, summed up. */
  writeSeconds: number;
  failures: number;
}

export interface GroupCommit {
  /** True while something is on its way to the disk. */
  readonly busy: boolean;
  /** Bytes of changes that wait. */
  readonly waitingBytes: number;
  /** Resolves when `changes` are durable. `work` adds removals to the same transaction, decided when it is written. */
  submit(changes: readonly Change[], work?: (removals: Removals) => void): Promise<void>;
  /** Resolves when everything submitted so far is durable; rejects where it failed. */
  settled(): Promise<void>;
}

interface Waiting {
  readonly changes: readonly Change[];
  readonly work: ((removals: Removals) => void) | undefined;
  readonly bytes: number;
  resolve(): void;
  reject(error: StoreError): void;
}

/** A batch is written in one go, so it has a bound; several thousand Pods fit. */
const BATCH_BYTES = 16 * 1024 * 1024;

/** What the parts below share. */
interface Line {
  readonly options: GroupCommitOptions;
  waiting: Waiting[];
  waitingBytes: number;
  running: boolean;
  fatal: StoreError | undefined;
}

/** The first of what waits, as many as fit into a batch. */
function take(line: Line): Waiting[] {
  let bytes = 0;
  let count = 0;
  for (const transaction of line.waiting) {
    if (count > 0 && bytes + transaction.bytes > BATCH_BYTES) break;
    bytes += transaction.bytes;
    count++;
  }
  const batch = line.waiting.slice(0, count);
  line.waiting = line.waiting.slice(count);
  line.waitingBytes -= bytes;
  return batch;
}

function fail(line: Line, batch: readonly Waiting[], cause: unknown): void {
  const full = line.options.diagnose(cause) === "full";
  const error = full
    ? new StoreError("full", `there is no space for this write (${String(cause)}): make room on the disk`, { cause })
    : new StoreError("unavailable", `the store cannot write any more: ${String(cause)}`, { cause });
  if (!full) line.fatal = error;
  line.options.statistics.failures++;
  const lost = [...batch, ...line.waiting];
  line.waiting = [];
  line.waitingBytes = 0;
  line.options.onFailed(error);
  for (const transaction of lost) transaction.reject(error);
}

async function writeNext(line: Line): Promise<void> {
  const { clock, writer, statistics, onDurable } = line.options;
  const batch = take(line);
  const changes = batch.flatMap((transaction) => transaction.changes);
  const works = batch.flatMap((transaction) => transaction.work ?? []);
  const startedMs = clock.monotonic();
  try {
    await writeBatch(writer, changes, works);
  } catch (error) {
    fail(line, batch, await causeOf(error));
    return;
  }
  statistics.batches++;
  statistics.transactions += batch.length;
  statistics.changes += changes.length;
  statistics.writeSeconds += (clock.monotonic() - startedMs) / 1000;
  onDurable(changes);
  for (const transaction of batch) transaction.resolve();
}

async function run(line: Line): Promise<void> {
  line.running = true;
  const activity = line.options.clock.hold("store commit");
  // Everything that comes in this turn of the event loop shares the batch.
  await line.options.clock.pause();
  while (line.waiting.length > 0) await writeNext(line);
  line.running = false;
  activity.release();
}

export function groupCommit(options: GroupCommitOptions): GroupCommit {
  const line: Line = { options, waiting: [], waitingBytes: 0, running: false, fatal: undefined };
  let last: Promise<void> = Promise.resolve();
  return {
    get busy() {
      return line.running;
    },
    get waitingBytes() {
      return line.waitingBytes;
    },
    submit(changes, work) {
      if (line.fatal !== undefined) return Promise.reject(line.fatal);
      const bytes = changes.reduce((sum, change) => sum + change.key.length + (change.value?.length ?? 0), 0);
      last = new Promise<void>((resolve, reject) => {
        line.waiting.push({ changes, work, bytes, resolve, reject });
      });
      // Whoever submitted handles the failure; `settled` may not be asked.
      last.catch(() => {});
      line.waitingBytes += bytes;
      if (!line.running) void run(line);
      return last;
    },
    settled: () => last,
  };
}

/** lmdb rejects first, and says why in a promise that is rejected later. */
async function causeOf(error: unknown): Promise<unknown> {
  const later = (error as { commitError?: Promise<unknown> } | undefined)?.commitError;
  if (later === undefined) return error;
  return later.then(
    () => error,
    (cause: unknown) => cause,
  );
}
