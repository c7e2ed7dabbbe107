/**
 * The opening handshake of a WebSocket (RFC 6455, section 4), both sides. Refusals are those of upstream's server.
 * https://www.rfc-editor.org/rfc/rfc6455#section-4
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { encodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import type { Clock } from "../../base/clock.ts";
import type { Entropy } from "../../base/entropy.ts";
import type { Headers, HttpRequest, HttpResponse, UpgradedConnection } from "../../base/http.ts";
import { isWebSocketRequest, listOf } from "../upgrade.ts";
import { type WebSocketConnection, webSocketOn } from "./connection.ts";

/** What both sides append to the key, by the RFC. */
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const VERSION = "13";

const acceptOf = (key: string): string => encodeBase64(sha1(encodeUtf8(key + ACCEPT_SUFFIX)));

const refusal = (status: number, message: string, headers: Headers = {}): HttpResponse => ({
  status,
  headers,
  body: encodeUtf8(message),
});

export interface AcceptOptions {
  /** Subprotocols that are spoken here. Among them "" where a client need not ask for one. */
  protocols: readonly string[];
  clock: Clock;
  maxMessageBytes?: number;
  /** Called once the connection is there. */
  open(socket: WebSocketConnection): void;
}

/**
 * Answers a request for a WebSocket: 101 with the first subprotocol of the client's that is spoken here, or the refusal: 403 where
 * none is, 400 or 405 where the request is none for a WebSocket.
 */
export function acceptWebSocket(request: HttpRequest, { protocols, clock, maxMessageBytes, open }: AcceptOptions): HttpResponse {
  const { headers } = request;
  if (request.method !== "GET") return refusal(405, "bad method");
  if (!isWebSocketRequest(request)) return refusal(400, "not websocket protocol");
  const key = headers["sec-websocket-key"] ?? "";
  if (key === "") return refusal(400, "mismatch challenge/response");
  if (headers["sec-websocket-version"] !== VERSION)
    return refusal(400, "missing or bad WebSocket Version", { "sec-websocket-version": VERSION });
  const asked = listOf(headers["sec-websocket-protocol"]);
  const protocol = (asked.length === 0 ? [""] : asked).find((each) => protocols.includes(each));
  if (protocol === undefined) return refusal(403, "");
  return {
    status: 101,
    headers: {
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-accept": acceptOf(key),
      ...(protocol === "" ? {} : { "sec-websocket-protocol": protocol }),
    },
    body: new Uint8Array(0),
    upgrade: (connection) =>
      open(webSocketOn(connection, { protocol, clock, ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }) })),
  };
}

export interface WebSocketDial {
  /** What to send with the GET. */
  readonly headers: Headers;
  /** What came of it: throws where the answer is not the right one to what was asked. */
  open(response: { status: number; headers: Headers }, connection: UpgradedConnection): WebSocketConnection;
}

/** A client's side. */
export function dialWebSocket(options: { protocols: readonly string[]; clock: Clock; entropy: Entropy }): WebSocketDial {
  const { protocols, clock, entropy } = options;
  const key = encodeBase64(entropy.bytes(16));
  return {
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": VERSION,
      "sec-websocket-key": key,
      ...(protocols.length === 0 ? {} : { "sec-websocket-protocol": protocols.join(",") }),
    },
    open({ status, headers }, connection) {
      if (status !== 101) throw new Error(`websocket: bad handshake: the server answered ${status}`);
      if (headers["sec-websocket-accept"] !== acceptOf(key)) throw new Error("websocket: bad handshake: wrong accept key");
      const protocol = headers["sec-websocket-protocol"] ?? "";
      if (protocol !== "" && !protocols.includes(protocol))
        throw new Error(`websocket: bad handshake: the server chose ${protocol}, which was not offered`);
      return webSocketOn(connection, { protocol, clock, entropy });
    },
  };
}
