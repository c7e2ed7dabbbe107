/**
 * What containers leave behind: log records and termination messages. Real containers write files on the host (host/ reads
 * them), simulated ones keep them in memory; the kubelet does not know the difference.
 */
export interface LogRecord {
  /** RFC 3339 with nanoseconds, as in the log file. */
  timestamp: string;
  stream: "stdout" | "stderr";
  /** With its newline, unless it is the first part of a long line. */
  bytes: Uint8Array;
}

export interface LogPosition {
  containerId: string;
  /** Absolute path of the CRI log file. */
  path: string;
}

export interface LogReadOptions {
  /** Only the last lines; all where absent. */
  tailLines?: number;
  sinceMs?: number;
  /** Goes on with what is written until `ended()` says that the container has, or `signal` aborts. */
  follow: boolean;
  ended: () => boolean;
  signal: AbortSignal;
}

export interface ContainerOutput {
  /**
   * Records in order, read as they are asked for. Ends at once where there is no log. Where the container is removed it goes on
   * through the files that are still there.
   */
  logs(at: LogPosition, options: LogReadOptions): AsyncIterable<LogRecord>;
  /** Up to `limitBytes` from the start of the container's termination message file; undefined where it wrote none. */
  terminationMessage(at: { containerId: string; path: string }, limitBytes: number): Promise<string | undefined>;
}
