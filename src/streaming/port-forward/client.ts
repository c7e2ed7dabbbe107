/** The client's side of port-forward over SPDY: what container runtimes' streaming servers speak. */
import type { UpgradedConnection } from "../../base/http.ts";
import { textOf } from "../byte-stream.ts";
import { spdyRequestHeaders } from "../spdy/handshake.ts";
import { spdySession } from "../spdy/session.ts";
import type { PortForwardSession } from "./session.ts";

const MAX_ERROR_BYTES = 16 * 1024;

export const PORT_FORWARD_HEADERS = spdyRequestHeaders(["portforward.k8s.io"]);

export function openPortForward(connection: UpgradedConnection): PortForwardSession {
  const session = spdySession(connection, "client");
  let requests = 0;
  return {
    async connect(port) {
      const headers = { port: String(port), requestid: String(requests++) };
      const error = await session.open({ streamtype: "error", ...headers });
      error.end();
      const stream = await session.open({ streamtype: "data", ...headers });
      const failure = textOf(error, MAX_ERROR_BYTES).then((text) => (text === "" ? undefined : text));
      return { stream, failure };
    },
    abort: () => session.abort(),
    onClose: (listener) => session.onClose(listener),
  };
}
