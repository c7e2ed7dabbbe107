/**
 * GET of a collection: from the cache where it holds the state that was asked for, from the store's history for older ones.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
 */
import { badRequest, expired } from "../../api/errors.ts";
import type { HttpResponse } from "../../base/http.ts";
import { StoreError } from "../../store/store.ts";
import { representationFor } from "../answers.ts";
import { type CacheEntry, cacheEntry } from "../cache/entry.ts";
import type { RowCache } from "../cache/row-cache.ts";
import { keyPrefix, type Selection, selects } from "../cache/selection.ts";
import type { ListMetadata, Stored } from "../representation/representation.ts";
import { selectionOf } from "../selection-of.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { decodeContinue, encodeContinue } from "./continue-token.ts";
import { tooLargeVersion } from "./get.ts";
import { type ListOptions, listOptions } from "./list-options.ts";

const PAGE = 500;

interface Wanted {
  cache: RowCache;
  selection: Selection;
  /** 0: all. */
  limit: number;
  after: string | undefined;
}

export interface Listed {
  items: readonly CacheEntry[];
  revision: number;
  /** Undefined where nothing follows. */
  next: { after: string; remaining: number | undefined } | undefined;
}

function fromCache({ cache, selection, limit, after }: Wanted, revision: number): Listed {
  const items: CacheEntry[] = [];
  let remaining = 0;
  cache.visit(
    selection,
    (entry) => {
      if (limit === 0 || items.length < limit) items.push(entry);
      else if (++remaining > 0 && selection.matches !== undefined) return false;
      return true;
    },
    after,
  );
  const last = items.at(-1);
  if (remaining === 0 || last === undefined) return { items, revision, next: undefined };
  // With selectors upstream does not count what is left.
  return { items, revision, next: { after: last.key, remaining: selection.matches ? undefined : remaining } };
}

/** As of an older revision: the store's history is read page by page. */
async function fromHistory({ store }: ServerParts, wanted: Wanted, revision: number): Promise<Listed> {
  const { cache, selection, limit } = wanted;
  const { prefix } = cache.row;
  const items: CacheEntry[] = [];
  let remaining = 0;
  let after = wanted.after === undefined ? undefined : prefix + wanted.after;
  for (;;) {
    const page = await store.range({
      prefix: prefix + keyPrefix(selection),
      limit: PAGE,
      revision,
      ...(after === undefined ? {} : { after }),
    });
    for (const { key, value, revision: at } of page.entries) {
      const entry = cacheEntry(cache.row, key.slice(prefix.length), value, at);
      if (!selects(selection, entry)) continue;
      if (limit === 0 || items.length < limit) items.push(entry);
      else remaining++;
    }
    const last = items.at(-1);
    // With selectors upstream does not count what is left.
    if (remaining > 0 && last && (selection.matches || !page.more))
      return { items, revision, next: { after: last.key, remaining: selection.matches ? undefined : remaining } };
    if (!page.more) return { items, revision, next: undefined };
    after = page.entries.at(-1)?.key ?? after;
  }
}

/** 410 with a token for the rest as it is now, which needs no snapshot. */
function snapshotGone(token: string): Error {
  if (token === "") return expired("The resourceVersion for the provided list is too old.");
  const { after } = decodeContinue(token);
  return expired(
    "The provided continue parameter is too old to display a consistent list result. Start a new list without it, or use the token in this answer to read the rest as it is now.",
    encodeContinue({ revision: -1, after }),
  );
}

/** The revision whose state is asked for; undefined: the newest. */
function snapshotOf(options: ListOptions, newest: number): number | undefined {
  const { resourceVersion, match, limit } = options;
  if (options.continue !== "") {
    if (resourceVersion !== undefined && resourceVersion !== 0)
      throw badRequest("specifying resource version is not allowed when using continue");
    const { revision } = decodeContinue(options.continue);
    return revision < 0 ? undefined : revision;
  }
  if (resourceVersion === undefined || resourceVersion === 0) return undefined;
  if (resourceVersion > newest) throw tooLargeVersion(resourceVersion, newest);
  // A limit with a version has always meant exactly that version.
  return match === "Exact" || (match === undefined && limit > 0) ? resourceVersion : undefined;
}

/** What the list holds. Throws ApiError. */
export async function listEntries(parts: ServerParts, target: Target, options: ListOptions): Promise<Listed> {
  const cache = parts.caches.of(target.row);
  const selection = selectionOf(target);
  const loading = cache.ready();
  if (loading) await loading;
  const newest = Math.max(await parts.store.revision(), cache.revision);
  const snapshot = snapshotOf(options, newest);
  const after = options.continue === "" ? undefined : decodeContinue(options.continue).after;
  const wanted: Wanted = { cache, selection, limit: options.limit, after };
  if (snapshot === undefined) return fromCache(wanted, newest);
  if (snapshot >= cache.revision && snapshot >= cache.window.since) return fromCache(wanted, snapshot);
  try {
    return await fromHistory(parts, wanted, Math.min(snapshot, newest));
  } catch (error) {
    if (error instanceof StoreError && error.reason === "compacted") throw snapshotGone(options.continue);
    throw error;
  }
}

export function listMetadata({ revision, next }: Listed): ListMetadata {
  return {
    resourceVersion: String(revision),
    ...(next && { continue: encodeContinue({ revision, after: next.after }) }),
    ...(next?.remaining !== undefined && { remainingItemCount: next.remaining }),
  };
}

export async function list(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const as = representationFor(parts, target, "list");
  const options = listOptions(target.context.info);
  const listed = await listEntries(parts, target, options);
  const items: readonly Stored[] = listed.items;
  return { status: 200, headers: { "content-type": as.contentType }, body: as.list(items, listMetadata(listed)) };
}
