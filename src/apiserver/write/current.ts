/** The stored object that a write starts from. */
import type { KubernetesObject } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { decodeRecord } from "../records/record.ts";
import type { ServerParts } from "../server-parts.ts";
import { type Target, targetKey } from "../target.ts";

export interface Current {
  readonly key: string;
  readonly object: DeepReadonly<KubernetesObject>;
  readonly record: Uint8Array;
  readonly revision: number;
}

/** As the cache has it: at least as new as every write that this server has answered. */
export async function readCurrent({ caches }: ServerParts, target: Target): Promise<Current | undefined> {
  const cache = caches.of(target.row);
  const loading = cache.ready();
  if (loading) await loading;
  const entry = cache.get(targetKey(target));
  if (entry === undefined) return undefined;
  const { record, revision } = entry;
  return { key: target.row.prefix + entry.key, object: decodeRecord(record, revision, target.row), record, revision };
}
