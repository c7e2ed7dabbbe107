/** A connection after `101 Switching Protocols`, over a Node socket. */
import type { Duplex } from "node:stream";
import { realClock } from "../base/clock.ts";
import type { UpgradedConnection } from "../base/http.ts";
import { LINGER_MS, MAX_LINGER_BYTES } from "./limits.ts";
import { nodeSink } from "./node-sink.ts";
import { bytesPassed } from "./passed-bytes.ts";

/** `head`: bytes that came together with the request (or answer) and already belong to the new protocol. */
export function upgradedConnection(socket: Duplex, head: Uint8Array): UpgradedConnection {
  const sink = nodeSink(
    socket,
    () => socket.destroy(),
    () => {},
  );
  if (head.length > 0) socket.unshift(head);
  // A broken connection is a close to whoever listens; without a listener Node would throw.
  socket.on("error", () => {});
  return {
    get closed() {
      return sink.closed;
    },
    write: sink.write,
    drained: sink.drained,
    end() {
      if (!sink.closed) socket.once("finish", () => linger(socket));
      sink.end();
    },
    abort: sink.abort,
    onData(listener) {
      socket.on("data", (bytes: Uint8Array) => {
        bytesPassed(bytes.length);
        listener(bytes);
      });
    },
    onClose(listener) {
      if (socket.destroyed) listener();
      else socket.once("close", listener);
    },
    pauseReading: () => void socket.pause(),
    resumeReading: () => void socket.resume(),
  };
}

/**
 * The other side gets to read what it was sent last, so the socket is not closed at once: it would be reset where something is still
 * coming. But who does not close is broken off after a while.
 */
function linger(socket: Duplex): void {
  let left = MAX_LINGER_BYTES;
  socket.on("data", (bytes: Buffer) => {
    left -= bytes.length;
    if (left < 0) socket.destroy();
  });
  socket.resume();
  const late = realClock.after(LINGER_MS, () => socket.destroy());
  socket.once("close", () => late.cancel());
}

/** Carries bytes both ways between two connections until either is closed. */
export function splice(a: UpgradedConnection, b: UpgradedConnection): void {
  const carry = (from: UpgradedConnection, to: UpgradedConnection): void => {
    from.onData((bytes) => {
      if (to.write(bytes) || to.closed) return;
      from.pauseReading();
      void to.drained().then(() => from.resumeReading());
    });
    from.onClose(() => to.end());
  };
  carry(a, b);
  carry(b, a);
}
