/**
 * Who manages what: an object belongs to the one that its controller reference names. A selector makes a controller adopt what
 * nobody manages and release what it no longer selects.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
 */
import { ApiError } from "../api/errors.ts";
import { controllerReference, type KubernetesObject, type LabelSelector } from "../api/meta.ts";
import type { AnyResource } from "../api/row.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { Client } from "../client/client.ts";
import { type Matches, matcherOf, matchesLabels } from "./selector.ts";

type Any = DeepReadonly<KubernetesObject>;

/** The selector of an object that has one, in either form. */
function selectorOf(owner: Any): Matches {
  const { selector } = (owner as { spec?: { selector?: DeepReadonly<LabelSelector> | null } }).spec ?? {};
  if (!selector) return () => false;
  const structured = "matchLabels" in selector || "matchExpressions" in selector || Object.keys(selector).length === 0;
  return structured ? matcherOf(selector) : (labels) => matchesLabels(selector as Record<string, string>, labels);
}

/** Those of `owners` that select the object. */
export function* adopters(owners: Iterable<Any>, object: Any): Iterable<Any> {
  for (const owner of owners) if (selectorOf(owner)(object.metadata.labels)) yield owner;
}

export interface Claim<R extends Any> {
  client: Client;
  owner: Any;
  ownerKind: AnyResource;
  of: AnyResource;
  owned: readonly R[];
  orphans: readonly R[];
}

/** Adopts and releases, and gives what `owner` manages then. */
export async function claimOwned<R extends Any>(claim: Claim<R>): Promise<R[]> {
  const { owner, owned, orphans } = claim;
  const matches = selectorOf(owner);
  const dying = owner.metadata.deletionTimestamp !== undefined;
  const kept: R[] = [];
  for (const object of owned) {
    if (matches(object.metadata.labels)) kept.push(object);
    else if (!dying) await release(claim, object);
  }
  if (dying) return kept;
  const wanted = orphans.filter((orphan) => !orphan.metadata.deletionTimestamp && matches(orphan.metadata.labels));
  if (wanted.length > 0) await assertAlive(claim);
  for (const orphan of wanted) if (await adopt(claim, orphan)) kept.push(orphan);
  return kept;
}

const refTo = ({ metadata: { namespace, name } }: Any) => ({ ...(namespace ? { namespace } : {}), name });

/** The cache may be behind: who adopts for an owner that is gone makes an orphan of somebody else's. */
async function assertAlive({ client, owner, ownerKind }: Claim<Any>): Promise<void> {
  const fresh: KubernetesObject = await client.get(ownerKind, refTo(owner));
  const { uid, deletionTimestamp } = fresh.metadata;
  if (uid === owner.metadata.uid && deletionTimestamp === undefined) return;
  throw new ApiError({
    code: 409,
    reason: "Conflict",
    message: `${ownerKind.kind} ${owner.metadata.name} adopts nothing: it is being deleted or gone`,
  });
}

/** False where the orphan is gone, or another one under its name. */
async function adopt({ client, of, owner }: Claim<Any>, orphan: Any): Promise<boolean> {
  const patch = { metadata: { ownerReferences: [controllerReference(owner)], uid: orphan.metadata.uid } };
  return unlessGone(client.patch(of, refTo(orphan), "strategic", patch));
}

async function release({ client, of, owner }: Claim<Any>, object: Any): Promise<void> {
  const patch = { metadata: { ownerReferences: [{ $patch: "delete", uid: owner.metadata.uid }], uid: object.metadata.uid } };
  await unlessGone(client.patch(of, refTo(object), "strategic", patch));
}

async function unlessGone(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    // 404: gone. 409, 422: there is another one under this name, since its uid is not the one in the patch.
    if (error instanceof ApiError && [404, 409, 422].includes(error.code)) return false;
    throw error;
  }
}
