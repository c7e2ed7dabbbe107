/** What the scheduler writes into the status of Pods that found no node, and of Pods that it takes off one. */

import { conditionOf } from "../api/conditions.ts";
import { Pod } from "../api/core/pod/pod.ts";
import { isNotFound } from "../api/errors.ts";
import type { Pod as PodObject } from "../api/generated/core-v1.ts";
import { formatTime } from "../api/time.ts";
import type { Clock } from "../base/clock.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { Client } from "../client/client.ts";

interface Writer {
  client: Client;
  clock: Clock;
}

async function patchStatus({ client }: Writer, pod: DeepReadonly<PodObject>, status: object): Promise<void> {
  const { namespace = "", name } = pod.metadata;
  try {
    await client.patch(Pod, { namespace, name }, "strategic", { status }, { subresource: "status" });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** `nominated`: where room was made; "" where an earlier nomination ends, undefined where it stays. Writes only what changes. */
export async function reportUnschedulable(
  writer: Writer,
  pod: DeepReadonly<PodObject>,
  { message, nominated }: { message: string; nominated: string | undefined },
): Promise<void> {
  const known = conditionOf(pod.status.conditions, "PodScheduled");
  const same = known?.status === "False" && known.reason === "Unschedulable" && known.message === message;
  const renominated = nominated !== undefined && nominated !== (pod.status.nominatedNodeName ?? "");
  if (same && !renominated) return;
  const { generation } = pod.metadata;
  const condition = {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message,
    lastProbeTime: null,
    ...(known?.status === "False" ? {} : { lastTransitionTime: formatTime(writer.clock.now()) }),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  await patchStatus(writer, pod, {
    ...(same ? {} : { conditions: [condition] }),
    ...(renominated ? { nominatedNodeName: nominated || null } : {}),
  });
}

export const clearNomination = (writer: Writer, pod: DeepReadonly<PodObject>): Promise<void> =>
  patchStatus(writer, pod, { nominatedNodeName: null });

/** Says why the Pod ends before it is deleted, so that Jobs do not count it as a failure of their own. */
export function reportPreempted(writer: Writer, victim: DeepReadonly<PodObject>, by: DeepReadonly<PodObject>): Promise<void> {
  const { generation } = victim.metadata;
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "PreemptionByScheduler",
    message: `${by.spec.schedulerName}: preempting to accommodate a higher priority pod`,
    lastProbeTime: null,
    lastTransitionTime: formatTime(writer.clock.now()),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  return patchStatus(writer, victim, { conditions: [condition] });
}
