/**
 * Creates and deletes the Pods of an owner, with the Events and expectations that go with it.
 *
 * Creations start slowly: one, then two, then four …, so that what fails for all of them (a quota, a webhook) fails once and not a
 * thousand times.
 */

import { Pod } from "../api/core/pod/pod.ts";
import { ApiError, isApiError, isNotFound } from "../api/errors.ts";
import type { PodTemplateSpec } from "../api/generated/shared.ts";
import { controllerReference, type Draft, type KubernetesObject } from "../api/meta.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { ControllerContext } from "./controller.ts";

type Context = Pick<ControllerContext, "client" | "events" | "expectations">;
type Owner = DeepReadonly<KubernetesObject>;

/** Pods of one owner created or deleted in one reconcile, at most. */
const BURST = 500;

export interface PodDraft {
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
  /** A name of its own instead of a generated one. */
  name?: string;
  spec?: DeepReadonly<Draft<Pod["spec"]>>;
}

/** The Pod that a template describes, managed by `owner`. */
export function podFrom(owner: Owner, template: DeepReadonly<PodTemplateSpec>, own: PodDraft = {}): Draft<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const naming = own.name === undefined ? { generateName: `${owner.metadata.name}-` } : { name: own.name };
  return {
    metadata: {
      ...naming,
      namespace: owner.metadata.namespace ?? "",
      labels: { ...labels, ...own.labels },
      ...(annotations || own.annotations ? { annotations: { ...annotations, ...own.annotations } } : {}),
      ...(finalizers?.length ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    spec: { ...(template.spec as Draft<Pod["spec"]>), ...(own.spec as Draft<Pod["spec"]>) },
  } as Draft<Pod>;
}

/** The namespace is being deleted: nothing can be created there, and nothing need be said about it. */
export const isNamespaceEnding = (error: unknown): boolean =>
  isApiError(error) && error.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") === true;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Creates one Pod and says so. Throws what the server answered. */
async function createPod({ client, events }: Context, owner: Owner, draft: Draft<Pod>): Promise<Pod> {
  try {
    const pod = await client.create(Pod, draft);
    events.event(owner, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
    return pod;
  } catch (error) {
    if (!isNamespaceEnding(error)) events.event(owner, "Warning", "FailedCreate", `Error creating: ${messageOf(error)}`);
    throw error;
  }
}

/** Deletes one Pod and says so; a Pod that is gone is as good. */
async function deletePod({ client, events }: Context, owner: Owner, pod: DeepReadonly<Pod>): Promise<void> {
  const { namespace = "", name } = pod.metadata;
  try {
    await client.delete(Pod, { namespace, name });
    events.event(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
  } catch (error) {
    if (isNotFound(error)) throw error;
    events.event(owner, "Warning", "FailedDelete", `Error deleting: ${messageOf(error)}`);
    throw error;
  }
}

/** Calls `one` for every index in batches of 1, 2, 4, …; after a batch with an error no further one. */
async function slowStart(count: number, one: (index: number) => Promise<void>): Promise<{ succeeded: number; error: unknown }> {
  let succeeded = 0;
  for (let start = 0, size = 1; start < count; start += size, size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - start) }, (_, offset) => one(start + offset));
    const results = await Promise.allSettled(batch);
    const failed = results.find((result) => result.status === "rejected");
    succeeded += results.filter(({ status }) => status === "fulfilled").length;
    if (failed !== undefined) return { succeeded, error: failed.reason };
  }
  return { succeeded, error: undefined };
}

/** Creates `count` Pods, `draft(index)` each. Gives the error of the first that failed; none where the namespace is ending. */
export async function createPods(
  context: Context,
  owner: Owner,
  count: number,
  draft: (index: number) => Draft<Pod>,
): Promise<unknown> {
  const { expectations } = context;
  const wanted = Math.min(count, BURST);
  expectations.expectCreations(owner, wanted);
  let attempted = 0;
  const { error } = await slowStart(wanted, async (index) => {
    attempted++;
    try {
      await createPod(context, owner, draft(index));
    } catch (failure) {
      expectations.creationObserved(owner.metadata);
      if (!isNamespaceEnding(failure)) throw failure;
    }
  });
  for (; attempted < wanted; attempted++) expectations.creationObserved(owner.metadata);
  return error;
}

/** Deletes the Pods, at most BURST of them. Gives the error of the first that failed. */
export async function deletePods(context: Context, owner: Owner, pods: readonly DeepReadonly<Pod>[]): Promise<unknown> {
  const { expectations } = context;
  const doomed = pods.slice(0, BURST);
  expectations.expectDeletions(
    owner,
    doomed.map(({ metadata }) => metadata.uid),
  );
  const results = await Promise.allSettled(
    doomed.map(async (pod) => {
      try {
        await deletePod(context, owner, pod);
      } catch (error) {
        expectations.deletionObserved(owner.metadata, pod.metadata.uid);
        if (!isNotFound(error)) throw error;
      }
    }),
  );
  return results.find((result) => result.status === "rejected")?.reason;
}

/** What a controller throws when part of its writes failed: the work queue tries again. */
export const asError = (failure: unknown): Error =>
  failure instanceof Error ? failure : new ApiError({ code: 500, reason: "", message: String(failure) });
