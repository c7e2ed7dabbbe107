/** Errors, and small answers, as HTTP: one place that makes a `Status` of whatever was thrown, in the form that was asked for. */
import { ApiError, internalError, type Status, serviceUnavailable, statusOf, tooLarge } from "../api/errors.ts";
import { encodeProtobuf, wrapUnknown } from "../api/protobuf/index.ts";
import { encodeUtf8 } from "../base/bytes.ts";
import type { HttpResponse } from "../base/http.ts";
import { StoreError } from "../store/store.ts";
import { type Accepted, CONTENT_TYPES } from "./negotiation.ts";
import { yamlOf } from "./yaml.ts";

const STATUS_TYPE = "k8s.io.apimachinery.pkg.apis.meta.v1.Status";

/** What a client is told of a failure of the store. Conflicts are handled where they happen. */
function ofStore(error: StoreError): ApiError {
  switch (error.reason) {
    case "tooLarge":
      return tooLarge("etcdserver: request is too large");
    case "full":
      return new ApiError({
        code: 507,
        reason: "InsufficientStorage",
        message: "the store has no space left: nothing was written; reads go on",
      });
    case "closed":
    case "unavailable":
    case "locked":
      return serviceUnavailable(error.message);
    case "conflict":
    case "compacted":
    case "damaged":
      return internalError(error.message, error);
    default:
      return internalError(error.message, error);
  }
}

/** Every thrown value as an ApiError: what is neither one nor a StoreError is our own mistake, and is a 500. */
function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StoreError) return ofStore(error);
  return internalError(error instanceof Error ? error.message : String(error), error);
}

/** Half of a surrogate pair has no UTF-8 form: like upstream, the replacement character stands in its place. */
const wellFormed = (json: string): string => (json.includes("\\ud") ? json.replace(/\\ud[0-9a-f]{3}/g, "\ufffd") : json);

function encodeStatus(status: Status, accepted: Accepted): Uint8Array {
  if (accepted.mediaType === "protobuf")
    return wrapUnknown({ apiVersion: "v1", kind: "Status", raw: encodeProtobuf(STATUS_TYPE, status) });
  if (accepted.mediaType === "yaml") return encodeUtf8(yamlOf(status));
  return encodeUtf8(`${wellFormed(JSON.stringify(status))}\n`);
}

export function errorResponse(thrown: unknown, accepted: Accepted): HttpResponse {
  const error = apiErrorOf(thrown);
  const retryAfter = error.details?.retryAfterSeconds;
  return {
    status: error.code,
    headers: {
      "content-type": CONTENT_TYPES[accepted.mediaType],
      ...(retryAfter ? { "retry-after": String(retryAfter) } : {}),
    },
    body: encodeStatus(statusOf(error), accepted),
  };
}

export const textResponse = (status: number, text: string): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  body: encodeUtf8(text),
});
