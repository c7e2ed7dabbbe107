/** Bodies of answers as streams, however they came. */
import type { ResponseBody, StreamedBody } from "../../base/http.ts";

export function streamOf(body: ResponseBody): StreamedBody {
  if (!(body instanceof Uint8Array) && "stream" in body) return body;
  return {
    stream(sink) {
      for (const part of body instanceof Uint8Array ? [body] : body) sink.write(part);
      sink.end();
    },
  };
}
