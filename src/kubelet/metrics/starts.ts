/** Counts starts of Pods and containers by what is said of them: each once, also over a restart of the kubelet. */
import type { PodStatus } from "../../api/generated/core-v1.ts";
import type { Clock } from "../../base/clock.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { ContainerKind, ReadonlyPod } from "../pod/containers.ts";
import type { KubeletMetrics } from "./kubelet-metrics.ts";

export interface Starts {
  /** A Pod is seen for the first time. */
  seen(pod: ReadonlyPod): void;
  said(pod: ReadonlyPod, status: DeepReadonly<PodStatus>): void;
  forget(uid: string): void;
}

interface Known {
  seenAtMs: number;
  runs: boolean;
  /** Identifiers of containers that were counted. */
  containers: Set<string>;
}

/** A container that was made, but could not be run, ends with one of these. */
const NOT_STARTED = ["StartError", "ContainerCannotRun"];

function containersOf(status: DeepReadonly<PodStatus>): { kind: ContainerKind; id: string; problem: string | undefined }[] {
  const lists = [
    ["init", status.initContainerStatuses],
    ["app", status.containerStatuses],
    ["ephemeral", status.ephemeralContainerStatuses],
  ] as const;
  return lists.flatMap(([kind, statuses]) =>
    (statuses ?? []).flatMap(({ containerID, state }) => {
      const isMade = containerID !== undefined && (state?.running !== undefined || state?.terminated !== undefined);
      const reason = state?.terminated?.reason ?? "";
      return isMade ? [{ kind, id: containerID, problem: NOT_STARTED.includes(reason) ? reason : undefined }] : [];
    }),
  );
}

const isRunning = ({ phase }: DeepReadonly<PodStatus>): boolean => phase === "Running";

export function createStarts(metrics: KubeletMetrics, clock: Clock): Starts {
  const known = new Map<string, Known>();
  return {
    seen({ metadata, status }) {
      const containers = new Set(containersOf(status).map(({ id }) => id));
      known.set(metadata.uid, { seenAtMs: clock.now(), runs: isRunning(status), containers });
    },
    said({ metadata }, status) {
      const pod = known.get(metadata.uid);
      if (pod === undefined) return;
      const now = containersOf(status);
      for (const { kind, problem } of now.filter(({ id }) => !pod.containers.has(id)))
        if (problem === undefined) metrics.containerStarted(kind);
        else metrics.containerFailedToStart(kind, problem);
      // Earlier runs are not spoken of again.
      pod.containers = new Set(now.map(({ id }) => id));
      if (pod.runs || !isRunning(status)) return;
      pod.runs = true;
      metrics.podRuns(clock.now() - pod.seenAtMs, clock.now() - Date.parse(metadata.creationTimestamp ?? ""));
    },
    forget: (uid) => void known.delete(uid),
  };
}
