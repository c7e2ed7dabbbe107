/**
 * Bytes both ways inside of a connection, each way ending by itself: a stream of SPDY, a channel of a remote command, a forwarded
 * port. Back-pressure reaches through: who pauses reading makes the writer on the other side wait.
 */
export interface ByteSource {
  /** Set it once. Nothing comes before it is set; what comes is the listener's to keep. */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Called once, after the last byte. Also where the stream broke. */
  onEnd(listener: () => void): void;
  /** What was read already may still come. */
  pauseReading(): void;
  resumeReading(): void;
}

export interface ByteSink {
  /** False where the other side is behind: write no more until `drained`. Bytes are not copied; dropped after the end. */
  write(bytes: Uint8Array): boolean;
  /** Resolves when there is room again, or nothing more can be written. */
  drained(): Promise<void>;
  /** No more from here; the other way goes on. Idempotent. */
  end(): void;
  readonly closed: boolean;
}

export interface ByteStream extends ByteSource, ByteSink {
  /** Breaks both ways off. Idempotent. */
  abort(): void;
}

/** Carries what comes from `from` to `to`, no faster than that takes it, and its end. */
export function pump(from: ByteSource, to: ByteSink): void {
  from.onData((bytes) => {
    if (to.write(bytes) || to.closed) return;
    from.pauseReading();
    void to.drained().then(() => from.resumeReading());
  });
  from.onEnd(() => to.end());
}

/** Resolves at the source's end; at once where there is none. */
export const ended = (source: ByteSource | undefined): Promise<void> =>
  source === undefined ? Promise.resolve() : new Promise((resolve) => source.onEnd(resolve));

/** What is said there is heard by nobody. */
export function discard(from: ByteSource): void {
  from.onData(() => {});
}

/** All bytes of a source as text, of at most `limitBytes`; the rest is dropped. */
export function textOf(from: ByteSource, limitBytes: number): Promise<string> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder();
    let text = "";
    let left = limitBytes;
    from.onData((bytes) => {
      const part = bytes.subarray(0, left);
      left -= part.length;
      text += decoder.decode(part, { stream: true });
    });
    from.onEnd(() => resolve(text + decoder.decode()));
  });
}
