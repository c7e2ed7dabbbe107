/** The bytes of a WebSocket's messages as one connection: what a tunnel carries. Where messages begin and end means nothing. */
import type { UpgradedConnection } from "../../base/http.ts";
import type { WebSocketConnection } from "./connection.ts";

export const bytesOf = (socket: WebSocketConnection): UpgradedConnection => ({
  get closed() {
    return socket.closed;
  },
  write: (bytes) => socket.send([bytes]),
  drained: () => socket.drained(),
  end: () => socket.close(),
  abort: () => socket.abort(),
  onData: (listener) => socket.onMessage(({ bytes }) => listener(bytes)),
  onClose: (listener) => socket.onClose(() => listener()),
  pauseReading: () => socket.pauseReading(),
  resumeReading: () => socket.resumeReading(),
});
