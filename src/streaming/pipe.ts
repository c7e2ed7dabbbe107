/** Bytes one way in this process, with back-pressure: what is written to the sink is read from the source. */
import type { ByteStream } from "./byte-stream.ts";

/** Bytes that wait for a reader before the writer is asked to wait. */
const HIGH_WATER_BYTES = 64 * 1024;

export class Pipe implements ByteStream {
  readonly #queue: Uint8Array[] = [];
  #waiting = 0;
  #wakers: (() => void)[] = [];
  #onData: ((bytes: Uint8Array) => void) | undefined;
  #onEnd: (() => void)[] = [];
  #isPaused = false;
  #isEnded = false;
  #isEndTold = false;

  get closed(): boolean {
    return this.#isEnded;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isEnded) return false;
    this.#queue.push(bytes);
    this.#waiting += bytes.length;
    this.#flush();
    return this.#waiting < HIGH_WATER_BYTES;
  }

  drained(): Promise<void> {
    if (this.#waiting < HIGH_WATER_BYTES || this.#isEnded) return Promise.resolve();
    return new Promise((resolve) => this.#wakers.push(resolve));
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#flush();
    this.#wake();
  }

  abort(): void {
    this.#queue.length = 0;
    this.#waiting = 0;
    this.end();
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#onData = listener;
    this.#flush();
  }

  onEnd(listener: () => void): void {
    if (this.#isEndTold) listener();
    else this.#onEnd.push(listener);
  }

  pauseReading(): void {
    this.#isPaused = true;
  }

  resumeReading(): void {
    this.#isPaused = false;
    this.#flush();
  }

  #flush(): void {
    while (!this.#isPaused && this.#onData !== undefined) {
      const bytes = this.#queue.shift();
      if (bytes === undefined) break;
      this.#waiting -= bytes.length;
      this.#onData(bytes);
    }
    if (this.#waiting < HIGH_WATER_BYTES) this.#wake();
    if (!this.#isEnded || this.#isEndTold || this.#queue.length > 0) return;
    this.#isEndTold = true;
    for (const listener of this.#onEnd.splice(0)) listener();
  }

  #wake(): void {
    for (const resolve of this.#wakers.splice(0)) resolve();
  }
}
