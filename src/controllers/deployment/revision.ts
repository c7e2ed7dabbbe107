/**
 * Which ReplicaSet stands for which version of a Deployment's template: found by comparing templates, named by their hash, numbered by
 * annotations.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label
 */
import type { Deployment } from "../../api/apps/deployment.ts";
import type { ReplicaSet } from "../../api/apps/replica-set.ts";
import type { PodTemplateSpec } from "../../api/generated/shared.ts";
import { safeEncode } from "../../base/entropy.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { sameContent } from "../../client/equality.ts";

type Annotations = Readonly<Record<string, string>>;
type ReadonlyReplicaSet = DeepReadonly<ReplicaSet>;
type Template = DeepReadonly<PodTemplateSpec>;

export const REVISION = "deployment.kubernetes.io/revision";
const REVISION_HISTORY = "deployment.kubernetes.io/revision-history";
export const DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas";
export const MAX_REPLICAS = "deployment.kubernetes.io/max-replicas";
export const TEMPLATE_HASH = "pod-template-hash";

/** Annotations that are the Deployment's alone. */
const NOT_COPIED = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  "deprecated.deployment.rollback.to",
]);
const HISTORY_CHARACTERS = 2_000;

/** JSON with sorted keys, so that equal templates have equal text. */
function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
    .join()}}`;
}

/** 32-bit FNV-1a. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** The name of a template. `collisions` makes another one where the name was taken by a different template. */
export const templateHash = (template: Template, collisions = 0): string =>
  safeEncode(String(fnv1a(`${canonical(template)}${collisions === 0 ? "" : collisions}`)));

function withoutHash(template: Template): Template {
  const { [TEMPLATE_HASH]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

export const sameTemplate = (a: Template, b: Template): boolean => sameContent(withoutHash(a), withoutHash(b));

/** The ReplicaSet of the present template: the oldest one, where a foreign hand made several. */
export const findNew = (deployment: DeepReadonly<Deployment>, oldestFirst: readonly ReadonlyReplicaSet[]) =>
  oldestFirst.find((set) => sameTemplate(set.spec.template, deployment.spec.template));

/** 0 where there is none. */
export const revisionOf = (object: { metadata: { annotations?: Annotations } }): number =>
  Number.parseInt(object.metadata.annotations?.[REVISION] ?? "0", 10) || 0;

/** Annotations of the ReplicaSet of the present template: those of the Deployment, the revision, and the revisions it had before. */
export function revisionAnnotations(
  deployment: DeepReadonly<Deployment>,
  present: Annotations | undefined,
  revision: number,
): Annotations {
  const annotations: Record<string, string> = { ...present };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {}))
    if (!NOT_COPIED.has(key)) annotations[key] = value;
  const before = present?.[REVISION];
  if (revisionOf({ metadata: present === undefined ? {} : { annotations: present } }) >= revision) return annotations;
  annotations[REVISION] = String(revision);
  if (before !== undefined) annotations[REVISION_HISTORY] = historyWith(present?.[REVISION_HISTORY], before);
  return annotations;
}

/** The oldest revisions make room where the list would grow too long. */
function historyWith(history: string | undefined, revision: string): string {
  const revisions = [...(history ? history.split(",") : []), revision];
  while (revisions.length > 1 && revisions.join().length > HISTORY_CHARACTERS) revisions.shift();
  return revisions.join();
}
