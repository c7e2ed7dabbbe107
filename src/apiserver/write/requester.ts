/**
 * What the server itself writes into a request for a certificate: who asks for it, since signers decide by that, and when its
 * conditions were set.
 */
import type { KubernetesObject } from "../../api/meta.ts";
import type { UserInfo } from "../../base/http.ts";

interface Request extends KubernetesObject {
  spec: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
}

interface Approved extends KubernetesObject {
  status?: { conditions?: { lastUpdateTime?: string | null; lastTransitionTime?: string | null }[] };
}

/** Conditions get the time at which they were written. Changes `object`. */
export function stampConditions(object: KubernetesObject, now: string): void {
  for (const condition of (object as Approved).status?.conditions ?? []) {
    condition.lastUpdateTime ??= now;
    condition.lastTransitionTime ??= now;
  }
}

/** Changes `object`. */
export function setRequester(object: KubernetesObject, { name, uid, groups, extra }: UserInfo): void {
  const { spec } = object as Request;
  spec.username = name;
  spec.groups = [...groups];
  delete spec.uid;
  delete spec.extra;
  if (uid !== undefined && uid !== "") spec.uid = uid;
  if (extra !== undefined) spec.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));
}
