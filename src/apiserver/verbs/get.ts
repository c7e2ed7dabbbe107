/** GET of one object, and of a subresource that shows the object itself. */
import { ApiError, notFound, timeout } from "../../api/errors.ts";
import type { HttpResponse } from "../../base/http.ts";
import { objectResponse, representationFor } from "../answers.ts";
import type { CacheEntry } from "../cache/entry.ts";
import type { ServerParts } from "../server-parts.ts";
import { groupResource, type Target, targetKey } from "../target.ts";

/** A GET says 500 of a version that is no number, where lists say 400. */
function checkVersion(text: string | null, newest: number): void {
  if (text === null || text === "" || text === "0") return;
  if (!/^\d+$/.test(text))
    throw new ApiError({
      code: 500,
      reason: "",
      message: `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    });
  if (Number(text) > newest) throw tooLargeVersion(Number(text), newest);
}

export function tooLargeVersion(asked: number, newest: number): ApiError {
  const error = timeout(`Too large resource version: ${asked}, current: ${newest}`, 1);
  return new ApiError({
    code: error.code,
    reason: error.reason,
    message: error.message,
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  });
}

export async function findEntry({ caches }: ServerParts, target: Target): Promise<CacheEntry> {
  const cache = caches.of(target.row);
  const loading = cache.ready();
  if (loading) await loading;
  const entry = cache.get(targetKey(target));
  if (entry === undefined) throw notFound(groupResource(target), target.name);
  return entry;
}

export async function get(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const as = representationFor(parts, target, "object");
  const version = target.context.info.query.get("resourceVersion");
  if (version !== null) checkVersion(version, await parts.store.revision());
  return objectResponse(as, { stored: await findEntry(parts, target) }, 200);
}
