/**
 * Two ends of a connection in this process: what is written to one is read from the other, with back-pressure both ways.
 *
 * As with a socket, `end` closes both ends when all that was written has been read, and bytes arrive later than the call that
 * wrote them.
 */
import type { UpgradedConnection } from "../../base/http.ts";

/** Bytes that wait for a reader before the writer is asked to wait. */
const HIGH_WATER_BYTES = 64 * 1024;

class End implements UpgradedConnection {
  /** What was written to the other end and not read here yet. */
  readonly #queue: Uint8Array[] = [];
  #waiting = 0;
  #wakers: (() => void)[] = [];
  #onData: ((bytes: Uint8Array) => void) | undefined;
  #onClose: (() => void)[] = [];
  #isPaused = false;
  /** The other end writes no more. */
  #isFinished = false;
  #isClosed = false;
  #isEnded = false;
  #isScheduled = false;
  #other: End = this;

  join(other: End): void {
    this.#other = other;
    other.#other = this;
  }

  get closed(): boolean {
    return this.#isClosed || this.#isEnded;
  }

  write(bytes: Uint8Array): boolean {
    return !this.closed && this.#other.#deliver(bytes);
  }

  drained(): Promise<void> {
    const other = this.#other;
    if (other.#isClosed || other.#waiting < HIGH_WATER_BYTES) return Promise.resolve();
    return new Promise((resolve) => other.#wakers.push(resolve));
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#other.#isFinished = true;
    this.#other.#schedule();
  }

  abort(): void {
    this.#close();
    this.#other.#close();
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#onData = listener;
    this.#schedule();
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClose.push(listener);
  }

  pauseReading(): void {
    this.#isPaused = true;
  }

  resumeReading(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  #deliver(bytes: Uint8Array): boolean {
    if (this.#isClosed) return false;
    this.#queue.push(bytes);
    this.#waiting += bytes.length;
    this.#schedule();
    return this.#waiting < HIGH_WATER_BYTES;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    while (!this.#isClosed && !this.#isPaused && this.#onData !== undefined) {
      const bytes = this.#queue.shift();
      if (bytes === undefined) break;
      this.#waiting -= bytes.length;
      this.#onData(bytes);
    }
    if (this.#isClosed) return;
    if (this.#waiting < HIGH_WATER_BYTES) this.#wake();
    if (this.#isFinished && this.#queue.length === 0 && !this.#isPaused) this.abort();
  }

  #wake(): void {
    const woken = this.#wakers;
    this.#wakers = [];
    for (const resolve of woken) resolve();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue.length = 0;
    this.#waiting = 0;
    this.#wake();
    const listeners = this.#onClose;
    this.#onClose = [];
    for (const listener of listeners) listener();
  }
}

export function connectionPair(): [UpgradedConnection, UpgradedConnection] {
  const ends: [End, End] = [new End(), new End()];
  ends[0].join(ends[1]);
  return ends;
}
