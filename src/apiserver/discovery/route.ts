/** What the routes of this folder have in common: rows as of now, and what was already made of them. */
import type { AnyResource } from "../../api/row.ts";
import type { HttpRequest, HttpResponse } from "../../base/http.ts";
import { type ApiGroup, type ApiVersion, apiGroupsOf } from "./api-groups.ts";
import type { Compressor } from "./document.ts";

/** Answers a GET of `path` (without a trailing slash), or is not responsible for it. Throws ApiErrors. */
export type Route = (request: HttpRequest, path: string) => HttpResponse | Promise<HttpResponse> | undefined;

export interface Snapshot {
  readonly groups: readonly ApiGroup[];
  readonly versions: readonly ApiVersion[];
  /** What was made of these groups under this key, once. */
  memo<T>(key: string, make: () => T): T;
}

export interface RouteParts {
  snapshot(): Snapshot;
  serverAddress(): string;
  compressor: Compressor | undefined;
}

/** Gives the same snapshot until the rows change. */
export function snapshots(rows: () => Iterable<AnyResource>): () => Snapshot {
  let seen: AnyResource[] = [];
  let current: Snapshot | undefined;
  return () => {
    const now = [...rows()];
    if (current === undefined || now.length !== seen.length || now.some((row, index) => row !== seen[index])) {
      seen = now;
      current = snapshotOf(apiGroupsOf(now));
    }
    return current;
  };
}

function snapshotOf(groups: readonly ApiGroup[]): Snapshot {
  const made = new Map<string, unknown>();
  return {
    groups,
    versions: groups.flatMap(({ versions }) => versions),
    memo<T>(key: string, make: () => T): T {
      if (!made.has(key)) made.set(key, make());
      return made.get(key) as T;
    },
  };
}
