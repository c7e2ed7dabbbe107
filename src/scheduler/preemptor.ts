/**
 * Carries out a preemption that was decided: tells the victims why and deletes them.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
import { Pod } from "../api/core/pod/pod.ts";
import { isConflict, isNotFound } from "../api/errors.ts";
import type { Clock } from "../base/clock.ts";
import type { Client } from "../client/client.ts";
import type { EventRecorder } from "../client/events.ts";
import type { Nominations } from "./core/nominations.ts";
import type { PodInfo } from "./core/pod-info.ts";
import { clearNomination, reportPreempted } from "./pod-status.ts";

export interface Preemptor {
  client: Client;
  events: EventRecorder;
  clock: Clock;
  nominations: Nominations;
}

export interface Preemption {
  node: string;
  victims: readonly PodInfo[];
}

async function evict(preemptor: Preemptor, victim: PodInfo, by: PodInfo, node: string): Promise<void> {
  const { namespace = "", name, uid } = victim.pod.metadata;
  try {
    await reportPreempted(preemptor, victim.pod, by.pod);
    await preemptor.client.delete(Pod, { namespace, name }, { uid });
  } catch (error) {
    // It went by itself, or another of the same name is there.
    if (isNotFound(error) || isConflict(error)) return;
    throw error;
  }
  preemptor.events.event(victim.pod, "Normal", "Preempted", `Preempted by pod ${by.uid} on node ${node}`, {
    action: "Preempting",
    related: by.pod,
  });
}

/** Resolves when all victims are being deleted. */
export async function carryOut(preemptor: Preemptor, by: PodInfo, { node, victims }: Preemption): Promise<void> {
  // Pods of lower priority that waited for this node have to find another.
  const outdone = [...preemptor.nominations.on(node)].filter(({ priority }) => priority < by.priority);
  for (const { uid } of outdone) preemptor.nominations.remove(uid);
  await Promise.all([
    ...victims.filter(({ terminating }) => !terminating).map((victim) => evict(preemptor, victim, by, node)),
    ...outdone.map(({ pod }) => clearNomination(preemptor, pod)),
  ]);
}
