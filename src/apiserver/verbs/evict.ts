/**
 * Eviction: a deletion that asks the Pod's disruption budget first. A Pod that does not run yet, or has ended, is no disruption.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
import { ApiError, badRequest } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { cloneJson } from "../../base/clone.ts";
import type { HttpResponse } from "../../base/http.ts";
import { admitCreate } from "../admission/subresource.ts";
import { acceptedFor, kindResponse } from "../answers.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { deleteObject } from "../write/delete-object.ts";
import { timestamp } from "../write/object-changes.ts";
import { updateObject } from "../write/update-object.ts";
import { writeOptions } from "../write/write-options.ts";
import type { DeleteOptions } from "./delete-options.ts";
import { takeDisruption } from "./disruption-budget.ts";
import { findEntry } from "./get.ts";
import { readKind, success } from "./kind-body.ts";

interface Eviction extends KubernetesObject {
  deleteOptions?: {
    gracePeriodSeconds?: number;
    propagationPolicy?: DeleteOptions["propagationPolicy"];
    preconditions?: { uid?: string; resourceVersion?: string };
    dryRun?: string[];
  };
}

interface Pod extends KubernetesObject {
  status?: { phase?: string; conditions?: { type: string; status: string }[] };
}

const needsNoBudget = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp != null || ["Pending", "Succeeded", "Failed"].includes(status?.phase ?? "");

/** Says in the Pod, before it is deleted, that somebody wanted it away: controllers tell that from a failure. */
async function markDisrupted(parts: ServerParts, target: Target): Promise<void> {
  await updateObject(parts, {
    target: { ...target, subresource: undefined },
    options: { dryRun: false, manager: "", fieldValidation: "Ignore", force: undefined, sent: {} },
    unconditional: true,
    internal: true,
    propose(old) {
      const pod = cloneJson(old) as Pod;
      const marked = {
        type: "DisruptionTarget",
        status: "True",
        lastProbeTime: null,
        lastTransitionTime: timestamp(parts.clock.now()),
        reason: "EvictionByEvictionAPI",
        message: "Eviction API: evicting",
      };
      const others = pod.status?.conditions?.filter(({ type }) => type !== marked.type) ?? [];
      pod.status = { ...pod.status, conditions: [...others, marked] };
      return pod;
    },
  });
}

/** POST to `pods/NAME/eviction`. */
export async function evict(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const accepted = acceptedFor(target);
  const options = writeOptions(target.context);
  const version = target.subresource?.kind.version ?? "v1";
  const eviction: Eviction = await readKind(target, { group: "policy", version, kind: "Eviction" });
  const { name } = target;
  if (eviction.metadata.name && eviction.metadata.name !== name)
    throw badRequest(`name in URL does not match name in Eviction object: "${name}" vs "${eviction.metadata.name}"`);
  const pod = parts.caches.parse(target.row, await findEntry(parts, target)) as Pod;
  await admitCreate(parts, target, options, eviction);
  const sent = eviction.deleteOptions ?? {};
  const dryRun = options.dryRun || (sent.dryRun?.length ?? 0) > 0;
  if (!needsNoBudget(pod)) await takeDisruption(parts, target, pod, dryRun);
  if (!dryRun && pod.metadata.deletionTimestamp == null) await markDisrupted(parts, target);
  await deleteObject(
    parts,
    { ...target, subresource: undefined },
    {
      gracePeriodSeconds: sent.gracePeriodSeconds,
      propagationPolicy: sent.propagationPolicy,
      orphanDependents: undefined,
      uid: sent.preconditions?.uid,
      resourceVersion: sent.preconditions?.resourceVersion,
      dryRun,
      sent: { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1", ...sent },
    },
  );
  return kindResponse(success(201), accepted, 201);
}

/** The answer to an eviction that may succeed later: the budget does not allow it at this moment. */
export const refused = (message: string, cause: string): ApiError =>
  new ApiError({
    code: 429,
    reason: "TooManyRequests",
    message,
    details: { causes: [{ reason: "DisruptionBudget", message: cause }] },
  });
