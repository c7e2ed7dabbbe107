/** Ends connections on which nothing happens, and those whose other side does not let go. */
import type { Clock, Timer } from "../base/clock.ts";
import type { UpgradedConnection } from "../base/http.ts";

/** As upstream's kubelet. */
export const STREAM_IDLE_TIMEOUT_MS = 4 * 60 * 60 * 1000;
/** How long the other side may leave a connection open that was ended here. */
const END_TIMEOUT_MS = 10_000;

/** The same connection, broken off after `idleMs` without a byte either way. */
export function withIdleTimeout(connection: UpgradedConnection, clock: Clock, idleMs: number): UpgradedConnection {
  let lastMs = clock.monotonic();
  let timer: Timer = clock.after(idleMs, check);
  function check(): void {
    const leftMs = lastMs + idleMs - clock.monotonic();
    if (leftMs <= 0) connection.abort();
    else timer = clock.after(leftMs, check);
  }
  const touch = (): void => {
    lastMs = clock.monotonic();
  };
  connection.onClose(() => timer.cancel());
  return {
    get closed() {
      return connection.closed;
    },
    write(bytes) {
      touch();
      return connection.write(bytes);
    },
    drained: () => connection.drained(),
    end() {
      connection.end();
      timer.cancel();
      timer = clock.after(END_TIMEOUT_MS, () => connection.abort());
    },
    abort: () => connection.abort(),
    onData: (listener) =>
      connection.onData((bytes) => {
        touch();
        listener(bytes);
      }),
    onClose: (listener) => connection.onClose(listener),
    pauseReading: () => connection.pauseReading(),
    resumeReading: () => connection.resumeReading(),
  };
}
