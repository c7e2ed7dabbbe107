/**
 * The history of a DaemonSet or StatefulSet: a ControllerRevision for each template that it had, numbered from 1, the newest highest.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/controller-revision-v1/
 */
import { ControllerRevision } from "../../api/apps/controller-revision.ts";
import { isAlreadyExists } from "../../api/errors.ts";
import type { PodTemplateSpec } from "../../api/generated/shared.ts";
import { controllerReference, type Draft, type KubernetesObject, type LabelSelector } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { sameContent } from "../../client/equality.ts";
import type { ControllerContext } from "../controller.ts";
import { templateHash } from "../deployment/revision.ts";
import { claimOwned } from "../ownership.ts";

export type Revision = DeepReadonly<ControllerRevision>;
type Template = DeepReadonly<PodTemplateSpec>;

export interface Versioned extends KubernetesObject {
  spec: { template: PodTemplateSpec; selector: LabelSelector | null; revisionHistoryLimit?: number };
  status: { collisionCount?: number };
}

export interface HistoryOf {
  owner: DeepReadonly<Versioned>;
  ownerKind: AnyResource;
  /** The label under which a revision names its hash. */
  hashLabel: string;
  context: ControllerContext;
}

export interface History {
  /** Oldest first; the last one is that of the present template. */
  revisions: readonly Revision[];
  current: Revision;
  /** Other templates that had the same hash. */
  collisions: number;
}

/** What a revision keeps: enough to patch the owner back. */
const dataOf = (template: Template): object => ({ spec: { template: { ...template, $patch: "replace" } } });

export const hashOf = ({ metadata, ...revision }: Revision, hashLabel: string): string =>
  metadata.labels?.[hashLabel] ?? String(revision.revision);

export const templateOf = ({ data }: Revision): Template => {
  const { $patch: _, ...template } = (data as unknown as { spec: { template: Template & { $patch?: string } } }).spec.template;
  return template;
};

const isOf = (revision: Revision, template: Template): boolean => sameContent(templateOf(revision), template);

const byNumber = (a: Revision, b: Revision): number => a.revision - b.revision || (a.metadata.name < b.metadata.name ? -1 : 1);

async function revisionsOf({ owner, ownerKind, context }: HistoryOf): Promise<Revision[]> {
  const { client, listers } = context;
  const owned = listers.ownedBy(ControllerRevision, owner);
  const orphans = listers.orphans(ControllerRevision, owner.metadata.namespace ?? "");
  const revisions = await claimOwned({ client, owner, ownerKind, of: ControllerRevision, owned, orphans });
  return revisions.toSorted(byNumber);
}

async function make(history: HistoryOf, number: number, collisions: number): Promise<{ revision: Revision; collisions: number }> {
  const { owner, hashLabel, context } = history;
  const { template } = owner.spec;
  const { namespace = "", name } = owner.metadata;
  const hash = templateHash(template, collisions);
  const draft: Draft<ControllerRevision> = {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template.metadata?.labels, [hashLabel]: hash },
      ...(owner.metadata.annotations ? { annotations: { ...owner.metadata.annotations } } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    data: dataOf(template) as never,
    revision: number,
  };
  try {
    return { revision: await context.client.create(ControllerRevision, draft), collisions };
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const there = await context.client.get(ControllerRevision, { namespace, name: `${name}-${hash}` });
    // Ours, not shown by the cache yet; or another template with the same hash.
    if (isOf(there, template)) return { revision: there, collisions };
    return make(history, number, collisions + 1);
  }
}

/** The history with a revision of the present template, which becomes the newest. */
export async function syncHistory(history: HistoryOf): Promise<History> {
  const { owner, context } = history;
  const revisions = await revisionsOf(history);
  const collisions = owner.status.collisionCount ?? 0;
  const newest = revisions.at(-1);
  const next = (newest?.revision ?? 0) + 1;
  const same = revisions.findLast((revision) => isOf(revision, owner.spec.template));
  if (same === undefined) {
    const made = await make(history, next, collisions);
    return { revisions: [...revisions, made.revision], current: made.revision, collisions: made.collisions };
  }
  if (same === newest) return { revisions, current: same, collisions };
  const { namespace = "", name } = same.metadata;
  const renumbered: Revision = await context.client.patch(ControllerRevision, { namespace, name }, "merge", { revision: next });
  return { revisions: [...revisions.filter((each) => each !== same), renumbered], current: renumbered, collisions };
}

/** Deletes the oldest revisions that nobody uses, beyond the limit. */
export async function trimHistory(
  { owner, context }: HistoryOf,
  { revisions, current }: History,
  inUse: (revision: Revision) => boolean,
): Promise<void> {
  const unused = revisions.filter((revision) => revision !== current && !inUse(revision));
  const surplus = unused.length - (owner.spec.revisionHistoryLimit ?? 10);
  for (const { metadata } of unused.slice(0, Math.max(0, surplus)))
    await context.client.delete(ControllerRevision, { namespace: metadata.namespace ?? "", name: metadata.name });
}
