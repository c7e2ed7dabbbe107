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

export function groupCommit(options: GroupCommitOptions): GroupCommit {
  const { clock, statistics } = options;
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let running = false;
  let fatal: StoreError | undefined;
  let last: Promise<void> = Promise.resolve();

  function take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const transaction of waiting) {
      if (count > 0 && bytes + transaction.bytes > BATCH_BYTES) break;
      bytes += transaction.bytes;
      count++;
    }
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    waitingBytes -= bytes;
    return batch;
  }

  function fail(batch: readonly Waiting[], cause: unknown): void {
    const full = options.diagnose(cause) === "full";
    const error = full
      ? new StoreError("full", `there is no space for this write: ${(cause as Error).message}`, { cause })
      : new StoreError("unavailable", `the store cannot write any more: ${String(cause)}`, { cause });
    if (!full) fatal = error;
    statistics.failures++;
    const lost = [...batch, ...waiting];
    waiting = [];
    waitingBytes = 0;
    options.onFailed(error);
    for (const transaction of lost) transaction.reject(error);
  }

  async function writeNext(): Promise<void> {
    const batch = take();
    const changes = batch.length === 1 ? (batch[0]?.changes ?? []) : batch.flatMap((transaction) => transaction.changes);
    const works = batch.flatMap((transaction) => transaction.work ?? []);
    const startedMs = clock.monotonic();
    try {
      await writeBatch(options.writer, changes, works);
    } catch (error) {
      fail(batch, await causeOf(error));
      return;
    }
    statistics.batches++;
    statistics.transactions += batch.length;
    statistics.changes += changes.length;
    statistics.writeSeconds += (clock.monotonic() - startedMs) / 1000;
    options.onDurable(changes);
    for (const transaction of batch) transaction.resolve();
  }

  async function run(): Promise<void> {
    running = true;
    const activity = clock.hold("store commit");
    // Everything that comes in this turn of the event loop shares the batch.
    await clock.pause();
    while (waiting.length > 0) await writeNext();
    running = false;
    activity.release();
  }

  return {
    get busy() {
      return running;
    },
    get waitingBytes() {
      return waitingBytes;
    },
    submit(changes, work) {
      if (fatal !== undefined) return Promise.reject(fatal);
      const bytes = changes.reduce((sum, change) => sum + change.key.length + (change.value?.length ?? 0), 0);
      const done = new Promise<void>((resolve, reject) => {
        waiting.push({ changes, work, bytes, resolve, reject });
      });
      waitingBytes += bytes;
      last = done;
      // Whoever submitted handles the failure; `settled` may not be asked.
      last.catch(() => {});
      if (!running) void run();
      return done;
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
