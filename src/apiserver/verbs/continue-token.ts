/**
 * The token with which a list goes on: the revision of its snapshot and the last key that was shown. -1 as the revision means that
 * the snapshot is gone and the client takes what is there now.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
import { badRequest } from "../../api/errors.ts";
import { decodeBase64Url, decodeUtf8, encodeBase64Url, encodeUtf8 } from "../../base/bytes.ts";

export interface ContinueToken {
  /** -1: whatever is newest. */
  revision: number;
  /** Keys (below the row's prefix) greater than this one come next. */
  after: string;
}

const VERSION = "meta.k8s.io/v1";

export const encodeContinue = ({ revision, after }: ContinueToken): string =>
  encodeBase64Url(encodeUtf8(JSON.stringify({ v: VERSION, rv: revision, start: after })));

/** Throws ApiError 400. */
export function decodeContinue(token: string): ContinueToken {
  try {
    const value = JSON.parse(decodeUtf8(decodeBase64Url(token))) as { v?: unknown; rv?: unknown; start?: unknown };
    if (value.v === VERSION && typeof value.rv === "number" && value.rv !== 0 && typeof value.start === "string")
      return { revision: value.rv, after: value.start };
  } catch {
    // Whatever is wrong with it, the client is told the same.
  }
  throw badRequest("invalid continue token: continue key is not valid");
}
