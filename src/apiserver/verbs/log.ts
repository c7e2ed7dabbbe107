/**
 * GET of a Pod's log: checked here, streamed from the kubelet of its node.
 * https://kubernetes.io/docs/concepts/cluster-administration/logging/
 */

import { ApiError, badRequest, internalError, isApiError } from "../../api/errors.ts";
import { concatBytes, decodeUtf8, EMPTY } from "../../base/bytes.ts";
import type { HttpResponse, ResponseBody } from "../../base/http.ts";
import { isWebSocketRequest } from "../../streaming/upgrade.ts";
import { kubeletOf } from "../proxy/kubelet.ts";
import { streamOf } from "../proxy/streamed.ts";
import { queryFlag } from "../request-info.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { bytesOverWebSocket } from "../web-sockets.ts";
import { containerOf, type Pod } from "./connect.ts";
import { findEntry } from "./get.ts";
import { kubeletLogQuery } from "./log-options.ts";

export async function log(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const { context, namespace, name, row } = target;
  const { request, clock, info } = context;
  const query = kubeletLogQuery(info.query, name);
  const pod = parts.caches.parse(row, await findEntry(parts, target)) as Pod;
  const container = containerOf(pod, info.query.get("container"));
  const { nodeName } = pod.spec;
  // A Pod without a node has no log, and that is no error: kubectl logs -f would give up.
  if (!nodeName) return { status: 204, headers: {}, body: EMPTY };
  const insecure = queryFlag(info.query, "insecureSkipTLSVerifyBackend");
  const kubelet = await kubeletOf(parts, nodeName, { insecure });
  const path = `/containerLogs/${namespace}/${name}/${container}`;
  const { body, status } = await reached(`https://${kubelet.host}${path}?${query}`, () =>
    kubelet.handle({
      method: "GET",
      path,
      query,
      headers: {},
      body: () => Promise.resolve(EMPTY),
      remoteAddress: "",
      signal: request.signal,
    }),
  );
  if (status < 200 || status > 206) throw refusal(status, decodeUtf8(await beginning(body)), name);
  const { stream } = streamOf(body);
  if (isWebSocketRequest(request)) return bytesOverWebSocket(request, { clock, open: stream });
  return { status: 200, headers: { "content-type": "text/plain" }, body: { stream, patient: true } };
}

/** Names what was asked where nobody answered, as Go's client does. */
async function reached(url: string, ask: () => Promise<HttpResponse>): Promise<HttpResponse> {
  try {
    return await ask();
  } catch (error) {
    const cause = isApiError(error) && error.cause instanceof Error ? error.cause : error;
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new ApiError({ code: 500, reason: "", message: `Get ${JSON.stringify(url)}: ${words}` });
  }
}

const REFUSALS: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  401: ["Unauthorized", "the server has asked for the client to provide credentials"],
  404: ["NotFound", "the server could not find the requested resource"],
  503: ["ServiceUnavailable", "the server is currently unable to handle the request"],
};

/** What a client is told of a kubelet's refusal: mostly its own words. */
function refusal(code: number, text: string, pod: string): ApiError {
  if (code === 400) return badRequest(text);
  if (code === 500) return internalError(text);
  const [reason, message] =
    code === 403
      ? ["Forbidden", text]
      : (REFUSALS[code] ?? ["", `the server responded with the status code ${code} but did not return more information`]);
  const details = { name: pod, kind: "pods/log" };
  return new ApiError({ code, reason, message: `${message} ( pods/log ${pod})`, details });
}

/** More of a refusal is not read. */
const MAX_REFUSAL_BYTES = 50_000;

function beginning(body: ResponseBody): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    let left = MAX_REFUSAL_BYTES;
    const finish = (): void => {
      left = 0;
      resolve(concatBytes(parts));
    };
    streamOf(body).stream({
      write(bytes) {
        if (left <= 0) return false;
        parts.push(bytes.subarray(0, left));
        left -= bytes.length;
        if (left <= 0) finish();
        return left > 0;
      },
      drained: () => Promise.resolve(),
      end: finish,
      abort: finish,
      get closed() {
        return left <= 0;
      },
    });
  });
}
