/**
 * NodePorts on 127.0.0.1: a TCP relay in the agent, one listener a port, opened and closed with the Services.
 *
 * The kernel could only do this with route_localnet, which opens every loopback service of the machine to its neighbours. The relay
 * chooses among the same endpoints as the rules do, passes each side's end on by itself, and reads no faster than the other side takes.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { LoopbackPort, ProxyEndpoint } from "./model.ts";

export interface LoopbackRelay {
  /** What is to be served from now on. Established connections stay with their endpoint. */
  update(ports: readonly LoopbackPort[]): void;
  stop(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";
/** Connections of one port at once; more wait in the kernel's queue and are refused when that is full. */
const MAX_CONNECTIONS = 1024;
const CONNECT_TIMEOUT_MS = 10_000;
/** Another program holds the port. */
const RETRY_LISTEN_MS = 10_000;

interface Listener {
  port: LoopbackPort;
  readonly server: Server;
  readonly sockets: Set<Socket>;
  retry: Timer | undefined;
  closed: boolean;
  next: number;
  last: { endpoint: ProxyEndpoint; atMs: number } | undefined;
}

const same = (a: ProxyEndpoint, b: ProxyEndpoint): boolean => a.ip === b.ip && a.port === b.port;

/** In turn; with session affinity the one of the last time, because all clients are this machine. */
function choose(listener: Listener, nowMs: number): ProxyEndpoint | undefined {
  const { endpoints, affinitySeconds } = listener.port;
  const { last } = listener;
  if (affinitySeconds !== undefined && last !== undefined && nowMs - last.atMs < affinitySeconds * 1000) {
    const kept = endpoints.find((endpoint) => same(endpoint, last.endpoint));
    if (kept !== undefined) {
      last.atMs = nowMs;
      return kept;
    }
  }
  const endpoint = endpoints[listener.next++ % endpoints.length];
  if (endpoint !== undefined) listener.last = { endpoint, atMs: nowMs };
  return endpoint;
}

/** Couples a client with an endpoint, until both directions have ended or one breaks. */
function relay(listener: Listener, client: Socket, clock: Clock): void {
  const endpoint = choose(listener, clock.monotonic());
  if (endpoint === undefined) return void client.resetAndDestroy();
  const target = connect({ host: endpoint.ip, port: endpoint.port, allowHalfOpen: true, noDelay: true });
  const timeout = clock.after(CONNECT_TIMEOUT_MS, () => target.destroy());
  target.once("connect", () => timeout.cancel());
  for (const [one, other] of [
    [client, target],
    [target, client],
  ] as const) {
    listener.sockets.add(one);
    one.on("error", () => other.resetAndDestroy());
    one.once("close", () => {
      listener.sockets.delete(one);
      timeout.cancel();
      // After an orderly end both directions are through by now; otherwise the other side must not wait.
      if (!one.readableEnded || !one.writableFinished) other.resetAndDestroy();
    });
    one.pipe(other);
  }
}

export function createLoopbackRelay({ clock, logger }: { clock: Clock; logger: Logger }): LoopbackRelay {
  const listeners = new Map<number, Listener>();

  function listen(listener: Listener): void {
    listener.retry = undefined;
    listener.server.listen({ host: LOOPBACK, port: listener.port.port });
  }

  function open(port: LoopbackPort): Listener {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => relay(listener, client, clock));
    server.maxConnections = MAX_CONNECTIONS;
    const listener: Listener = { port, server, sockets: new Set(), retry: undefined, closed: false, next: 0, last: undefined };
    server.on("error", (error) => {
      logger.warn("a NodePort cannot be served on loopback", { address: LOOPBACK, port: port.port, error: error.message });
      if (!listener.closed) listener.retry = clock.after(RETRY_LISTEN_MS, () => listen(listener));
    });
    listen(listener);
    return listener;
  }

  function close(listener: Listener): Promise<void> {
    listener.closed = true;
    listener.retry?.cancel();
    return new Promise((resolve) => listener.server.close(() => resolve()));
  }

  return {
    update(ports) {
      const wanted = new Map(ports.map((port) => [port.port, port]));
      for (const [number, listener] of listeners) {
        if (wanted.has(number)) continue;
        listeners.delete(number);
        void close(listener);
      }
      for (const [number, port] of wanted) {
        const listener = listeners.get(number);
        if (listener === undefined) listeners.set(number, open(port));
        else listener.port = port;
      }
    },
    async stop() {
      const all = [...listeners.values()];
      listeners.clear();
      await Promise.all(
        all.map((listener) => {
          const closed = close(listener);
          for (const socket of listener.sockets) socket.destroy();
          return closed;
        }),
      );
    },
  };
}
