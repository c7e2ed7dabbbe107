/**
 * Bytes that only pass through this process: each piece is used once and is garbage at once, but V8 counts them so late that a fast
 * stream would take 64 MB of memory. So the young generation, in which the pieces are, is collected every few megabytes: that takes
 * about a millisecond.
 */
const COLLECT_BYTES = 8 * 1024 * 1024;

let passedBytes = 0;

/** Tells that so many bytes came in. Without `--expose-gc` (an embedded cluster) nothing is done. */
export function bytesPassed(count: number): void {
  passedBytes += count;
  if (passedBytes < COLLECT_BYTES) return;
  passedBytes = 0;
  globalThis.gc?.({ type: "minor", execution: "sync" });
}
