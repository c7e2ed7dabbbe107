/** What a server's answers mean to a client: bytes to objects, statuses from 400 on to ApiError. */
import { ApiError, type Status, serviceUnavailable } from "../api/errors.ts";
import { concatBytes, decodeUtf8 } from "../base/bytes.ts";
import type { HttpResponse, Sink } from "../base/http.ts";

const NO_WAIT = Promise.resolve();

/** The whole body, also where the answer is streamed. Rejects where the connection broke before its end. */
export function wholeBody({ body }: HttpResponse): Promise<Uint8Array> | Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (!("stream" in body)) return concatBytes(body);
  const { stream } = body;
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    let closed = false;
    const sink: Sink = {
      write(bytes) {
        parts.push(bytes);
        return true;
      },
      drained: () => NO_WAIT,
      end() {
        closed = true;
        resolve(concatBytes(parts));
      },
      abort() {
        closed = true;
        reject(serviceUnavailable("the connection broke before the answer was complete"));
      },
      get closed() {
        return closed;
      },
    };
    stream(sink);
  });
}

function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
}

export function errorOfStatus(status: Partial<Status>, code = status.code ?? 500): ApiError {
  const token = status.metadata?.continue;
  return new ApiError({
    code: status.code ?? code,
    reason: status.reason ?? "",
    message: status.message ?? `the server answered ${code}`,
    ...(status.details === undefined ? {} : { details: status.details }),
    ...(token ? { continue: token } : {}),
  });
}

/** The error that an answer with a status from 400 on stands for, whoever wrote its body. */
export function errorOfAnswer(code: number, body: Uint8Array): ApiError {
  const text = decodeUtf8(body);
  try {
    const parsed: unknown = JSON.parse(text);
    if (isStatus(parsed)) return errorOfStatus(parsed, code);
  } catch {
    // Not JSON: a proxy or a stranger answered. The text is all there is to show.
  }
  return new ApiError({ code, reason: "", message: text === "" ? `the server answered ${code}` : text.slice(0, 500) });
}
