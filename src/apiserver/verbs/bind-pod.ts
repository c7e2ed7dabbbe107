/**
 * Binding: the scheduler's word that a Pod runs on a node. Given once; a Pod that has a node keeps it.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/binding-v1/
 */

import { ApiError, badRequest, conflict } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { cloneJson } from "../../base/clone.ts";
import type { HttpResponse } from "../../base/http.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { admitCreate } from "../admission/subresource.ts";
import { acceptedFor, kindResponse } from "../answers.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { timestamp } from "../write/object-changes.ts";
import { updateObject } from "../write/update-object.ts";
import { writeOptions } from "../write/write-options.ts";
import { readKind, success } from "./kind-body.ts";

export const BINDING = { group: "", version: "v1", kind: "Binding" } as const;

interface Binding extends KubernetesObject {
  target?: { kind?: string; name?: string };
}

interface Condition {
  type: string;
  status: string;
  lastProbeTime: string | null;
  lastTransitionTime: string | null;
  observedGeneration?: number;
}

interface Pod extends KubernetesObject {
  spec: { nodeName?: string; schedulingGates?: unknown[] };
  status: { conditions?: Condition[]; nominatedNodeName?: string };
}

/** Upstream answers 500 without a reason to a Binding that is wrong in itself. */
const unusable = (message: string): ApiError => new ApiError({ code: 500, reason: "", message });

function nodeOf({ target }: Binding): string {
  if (target?.kind !== undefined && target.kind !== "" && target.kind !== "Node")
    throw unusable(`target.kind: Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`);
  if (!target?.name) throw unusable("target.name: Required value");
  return target.name;
}

const refused = (name: string, why: string): ApiError => conflict({ group: "", resource: "pods/binding" }, name, why);

function checkBindable(pod: DeepReadonly<Pod>, { metadata }: Binding): void {
  const { name } = pod.metadata;
  if (metadata.uid && metadata.uid !== pod.metadata.uid)
    throw conflict(
      { group: "", resource: "pods" },
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata.uid}`,
    );
  if (pod.metadata.deletionTimestamp != null) throw refused(name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) throw refused(name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  if ((pod.spec.schedulingGates?.length ?? 0) > 0) throw refused(name, `pod ${name} has non-empty .spec.schedulingGates`);
}

function bound(old: DeepReadonly<Pod>, binding: Binding, node: string, nowMs: number): Pod {
  const pod = cloneJson(old) as Pod;
  pod.spec.nodeName = node;
  const { annotations, labels } = binding.metadata;
  if (annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
  if (labels) pod.metadata.labels = { ...pod.metadata.labels, ...labels };
  const scheduled: Condition = {
    type: "PodScheduled",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: timestamp(nowMs),
  };
  const others = (pod.status.conditions ?? []).filter(({ type }) => type !== scheduled.type);
  pod.status.conditions = [...others, scheduled];
  // It has served its purpose (KEP-5278).
  delete pod.status.nominatedNodeName;
  return pod;
}

/** POST to `pods/NAME/binding`. `admitted`: what admission is asked about, where it is not that. */
export async function bindPod(parts: ServerParts, target: Target, admitted: Target = target): Promise<HttpResponse> {
  const accepted = acceptedFor(target);
  const options = writeOptions(target.context);
  target.context.dryRun = options.dryRun;
  const binding: Binding = await readKind(target, BINDING);
  const { name } = target;
  if (binding.metadata.name && binding.metadata.name !== name)
    throw badRequest(`the name of the object (${binding.metadata.name}) does not match the name on the URL (${name})`);
  const node = nodeOf(binding);
  await admitCreate(parts, admitted, options, binding);
  await updateObject(parts, {
    target: { ...target, subresource: undefined },
    options,
    unconditional: true,
    internal: true,
    propose(old) {
      checkBindable(old as DeepReadonly<Pod>, binding);
      return bound(old as DeepReadonly<Pod>, binding, node, parts.clock.now());
    },
  });
  return kindResponse(success(201), accepted, 201);
}
