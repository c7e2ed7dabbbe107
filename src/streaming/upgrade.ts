/** Who asks for another protocol on the same connection, as upstream tells it from the headers. */
import type { HttpRequest } from "../base/http.ts";

/** `Connection` mentions an upgrade, in any case and among whatever else. */
export const isUpgradeRequest = ({ headers }: Pick<HttpRequest, "headers">): boolean =>
  headers.connection?.toLowerCase().includes("upgrade") === true;

export const isWebSocketRequest = (request: Pick<HttpRequest, "headers">): boolean =>
  request.headers.upgrade?.toLowerCase() === "websocket" && isUpgradeRequest(request);

/** The values of a header that is a list, in their order; none where it is absent or empty. */
export const listOf = (header: string | undefined): string[] =>
  (header ?? "")
    .split(",")
    .map((value) => value.trim())
    .filter((value) => value !== "");
