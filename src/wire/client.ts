/**
 * The other side of server.ts: an `HttpHandler` whose requests travel over TLS to one server, with pooled connections.
 *
 * HTTP/1.1, one connection a request at a time: a watch has its own, so no stream waits for another's window. A server that cannot be
 * reached is `serviceUnavailable`; its cause is the Error of exchange.ts.
 */
import { Agent, type AgentOptions } from "node:https";
import { isIP } from "node:net";
import { serviceUnavailable } from "../api/errors.ts";
import type { HttpHandler, HttpRequest } from "../base/http.ts";
import { exchange } from "./exchange.ts";
import { CLIENT_IDLE_TIMEOUT_MS, MAX_CLIENT_SOCKETS } from "./limits.ts";

export interface WireClientOptions {
  /** `https://host:port`. */
  server: string;
  /** PEM of the authority that signed the server's certificate; the system's own where absent. */
  ca?: string;
  /** PEM of a client certificate and its key. */
  certificate?: string;
  key?: string;
  /** Asked for each request, since tokens are renewed. */
  token?: () => string | undefined;
  /** The name that the server's certificate must have, where it is not the host. */
  serverName?: string;
  /**
   * Connections for all requests but watches, which have one each: others wait for one to be free, which takes less than a handshake.
   * Only for a client whose requests are all short; absent: as many as there are requests.
   */
  connections?: number;
  /** Accept any certificate: for kubelets and webhooks that say so. */
  insecure?: boolean;
}

export interface WireClient {
  handle: HttpHandler;
  /** Breaks off what is open. */
  close(): void;
}

const isWatch = ({ method, query }: HttpRequest): boolean => method === "GET" && /(^|&)watch=(true|1)(&|$)/.test(query);

export function wireClient(options: WireClientOptions): WireClient {
  const url = new URL(options.server);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const settings: AgentOptions = {
    keepAlive: true,
    maxSockets: MAX_CLIENT_SOCKETS,
    timeout: 0,
    keepAliveMsecs: CLIENT_IDLE_TIMEOUT_MS,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.certificate === undefined ? {} : { cert: options.certificate }),
    ...(options.key === undefined ? {} : { key: options.key }),
    // Node would take it from the Host header, which is the caller's.
    servername: options.serverName ?? (isIP(host) === 0 ? host : ""),
    rejectUnauthorized: options.insecure !== true,
  };
  const many = new Agent(settings);
  const few = options.connections === undefined ? many : new Agent({ ...settings, maxSockets: options.connections });
  const port = url.port === "" ? 443 : Number(url.port);
  const prefix = url.pathname.replace(/\/$/, "");

  return {
    async handle(request) {
      const token = options.token?.();
      const path = `${prefix}${request.path}${request.query === "" ? "" : `?${request.query}`}`;
      const agent = isWatch(request) ? many : few;
      const headers = { host: url.host, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
      try {
        return await exchange(request, { secure: true, host, port, agent, path, headers });
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        throw Object.assign(serviceUnavailable(`cannot reach https://${host}:${port}: ${words}`), { cause: error });
      }
    },
    close() {
      many.destroy();
      few.destroy();
    },
  };
}
