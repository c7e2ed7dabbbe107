/** Requests that the server makes of itself, so that what it writes is like any other object. */
import { ApiError } from "../api/errors.ts";
import { decodeUtf8, EMPTY, encodeUtf8 } from "../base/bytes.ts";
import type { HttpHandler, HttpRequest, UserInfo } from "../base/http.ts";

const SERVER: UserInfo = { name: "system:apiserver", groups: ["system:masters"] };

/** `path`: with its query. Gives the status. Throws ApiError, but for 404 and 409: what is there or not, or was written by others, callers expect. */
export async function send(handle: HttpHandler, method: string, path: string, body?: object): Promise<number> {
  const [pathname = "", query = ""] = path.split("?");
  const request: HttpRequest = {
    method,
    path: pathname,
    query,
    headers: {
      "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
      "user-agent": "kube-apiserver",
    },
    body: () => Promise.resolve(body ? encodeUtf8(JSON.stringify(body)) : EMPTY),
    localUser: SERVER,
    remoteAddress: "",
    signal: new AbortController().signal,
  };
  const response = await handle(request);
  if (response.status >= 400 && response.status !== 404 && response.status !== 409) {
    const text = response.body instanceof Uint8Array ? decodeUtf8(response.body) : "";
    throw new ApiError({ code: response.status, reason: "", message: `cannot write ${path}: ${text}` });
  }
  return response.status;
}
