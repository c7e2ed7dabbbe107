/**
 * The API on a port: TLS, with HTTP/2 or HTTP/1.1 as the client chooses (ALPN), optional client certificates.
 *
 * Invariants: a handler sees a certificate only where it was verified against the client CA; `close` lets every answer that was
 * begun come to its end, watches included, and nothing stays open after it. Here is no Kubernetes: that is the handler's.
 */
import type { AddressInfo, Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { assert } from "../base/assert.ts";
import { type Clock, sleep } from "../base/clock.ts";
import type { HttpHandler, Sink } from "../base/http.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import { http1Server } from "./http1-server.ts";
import { http2Server } from "./http2-server.ts";
import { HANDSHAKE_TIMEOUT_MS, KEEP_ALIVE_MS } from "./limits.ts";
import { peerOf } from "./peer.ts";

/** PEM texts. */
export interface ServerTls {
  /** The serving certificate, followed by intermediates where there are any. */
  certificate: string;
  key: string;
  /** Client certificates are asked for, and accepted where one of these signed them. Without it none is asked for. */
  clientCa?: string;
}

export interface ServeOptions {
  handler: HttpHandler;
  tls: ServerTls;
  address: string;
  /** 0: any free one. */
  port: number;
  clock: Clock;
  log?: Logger;
}

export interface WireServer {
  readonly address: string;
  readonly port: number;
  /** New connections get this certificate. */
  replaceTls(tls: ServerTls): void;
  /** Stops listening, ends streams, waits at most `graceMs` for the other answers, then breaks off what is left. Idempotent. */
  close(graceMs?: number): Promise<void>;
}

const secureOptions = ({ certificate, key, clientCa }: ServerTls) => ({
  cert: certificate,
  key,
  minVersion: "TLSv1.2" as const,
  ...(clientCa === undefined ? {} : { ca: clientCa }),
});

/** Rejects with Node's error (EADDRINUSE, EACCES, …) where the port cannot be had. */
export async function serve({ handler, tls, address, port, clock, log = silentLogger }: ServeOptions): Promise<WireServer> {
  const streams = new Set<Sink>();
  const sockets = new Set<Socket>();
  const http1 = http1Server({ handler, log, streams, clock });
  const http2 = http2Server({ handler, log, streams, clock });
  const server = createServer({
    ...secureOptions(tls),
    ALPNProtocols: ["h2", "http/1.1"],
    requestCert: tls.clientCa !== undefined,
    // A bad certificate is a 401 from the handler, not a broken handshake: the client gets to read why.
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    noDelay: true,
    // A client that is gone without a word is found out, however long its answer may wait for it.
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    socket.on("error", () => socket.destroy());
    const peer = peerOf(socket);
    if (socket.alpnProtocol === "h2") http2.accept(socket, peer);
    else http1.accept(socket, peer);
  });
  server.on("tlsClientError", (error, socket) => {
    log.debug("TLS handshake failed", { error: error.message });
    socket.destroy();
  });
  await listen(server, address, port);
  const bound = server.address();
  assert(bound !== null && typeof bound === "object", "a TCP server has an address");

  async function closeAll(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const stream of streams) stream.end();
    http2.drain();
    http1.drain();
    const waited = new AbortController();
    await Promise.race([closed, sleep(clock, graceMs, waited.signal)]);
    waited.abort();
    http2.closeAllConnections();
    http1.closeAllConnections();
    for (const socket of sockets) socket.destroy();
    await closed;
  }
  let closing: Promise<void> | undefined;
  return {
    address: bound.address,
    port: (bound satisfies AddressInfo).port,
    replaceTls: (next) => server.setSecureContext(secureOptions(next)),
    close(graceMs = 5_000) {
      closing ??= closeAll(graceMs);
      return closing;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      server.on("error", () => {});
      resolve();
    });
  });
}
