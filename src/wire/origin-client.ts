/**
 * Requests to addresses that are not known beforehand: Pods, what listens on a node, endpoints of a Service.
 *
 * Connections without a body are kept for a while; certificates are not verified, since Pods have addresses only, as upstream.
 */
import { Agent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import type { HttpHandler, Origin } from "../base/http.ts";
import { exchange } from "./exchange.ts";
import { MAX_CLIENT_SOCKETS, MAX_IDLE_ORIGIN_SOCKETS, ORIGIN_IDLE_TIMEOUT_MS } from "./limits.ts";

export interface OriginClient {
  /** Requests keep their Host header. What cannot be reached rejects with an Error in Go's words. */
  dial(origin: Origin): HttpHandler;
  /** Breaks off what is open on kept connections. */
  close(): void;
}

export function originClient(): OriginClient {
  const pool = {
    keepAlive: true,
    maxSockets: MAX_CLIENT_SOCKETS,
    maxFreeSockets: MAX_IDLE_ORIGIN_SOCKETS,
    timeout: ORIGIN_IDLE_TIMEOUT_MS,
  };
  const plain = new Agent(pool);
  const secure = new SecureAgent({ ...pool, rejectUnauthorized: false });
  return {
    dial: (origin) => (request) => {
      const { scheme, host, port } = origin;
      const isSecure = scheme === "https";
      // A kept connection may be closed just now, and a body that has begun to be sent cannot be sent again.
      const mayKeep = request.bodyTo === undefined && (request.method === "GET" || request.method === "HEAD");
      return exchange(request, {
        secure: isSecure,
        host,
        port,
        agent: mayKeep ? (isSecure ? secure : plain) : false,
        path: `${request.path}${request.query === "" ? "" : `?${request.query}`}`,
        headers: {},
        verify: false,
      });
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}
