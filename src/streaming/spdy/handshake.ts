/** Agreeing on SPDY/3.1 and on what is spoken over it. Refusals are upstream's, word for word. */
import { encodeUtf8 } from "../../base/bytes.ts";
import type { Headers, HttpRequest, HttpResponse } from "../../base/http.ts";
import { isUpgradeRequest, listOf } from "../upgrade.ts";

const SPDY = "SPDY/3.1";
const VERSION_HEADER = "X-Stream-Protocol-Version";

const refusal = (status: number, message: string, headers: Headers = {}): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff", ...headers },
  body: encodeUtf8(`${message}\n`),
});

const goList = (values: readonly string[]): string => `[${values.join(" ")}]`;

/** The protocol and the head of the 101, or the refusal: 403 where none is spoken here, else 400. */
export type SpdyAnswer = { protocol: string; headers: Headers } | { refusal: HttpResponse };

export function acceptSpdy(request: Pick<HttpRequest, "headers">, supported: readonly string[]): SpdyAnswer {
  const { headers } = request;
  const sent = headers[VERSION_HEADER.toLowerCase()];
  if (sent === undefined) {
    const count = Object.keys(headers).length;
    const message = `unable to upgrade: header ${VERSION_HEADER} does not exist in request with ${count} headers`;
    return { refusal: refusal(400, message) };
  }
  const asked = listOf(sent);
  if (asked.length === 0)
    return { refusal: refusal(400, `unable to upgrade: header ${VERSION_HEADER} contains [${sent}], but no valid protocols`) };
  const protocol = asked.find((each) => supported.includes(each));
  if (protocol === undefined) {
    const message = `unable to upgrade: unable to negotiate protocol: client supports ${goList(asked)}, server accepts ${goList(supported)}`;
    return { refusal: refusal(403, message, { "x-accepted-stream-protocol-versions": supported.join(", ") }) };
  }
  if (!isUpgradeRequest(request) || headers.upgrade?.toLowerCase().includes(SPDY.toLowerCase()) !== true)
    return { refusal: refusal(400, "unable to upgrade: missing upgrade headers in request") };
  return { protocol, headers: { connection: "Upgrade", upgrade: SPDY, "x-stream-protocol-version": protocol } };
}

/** What a client sends. */
export const spdyRequestHeaders = (protocols: readonly string[]): Headers => ({
  connection: "Upgrade",
  upgrade: SPDY,
  "x-stream-protocol-version": protocols.join(", "),
});
