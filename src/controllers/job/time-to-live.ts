/**
 * Deletes Jobs some time after they have finished, where they say so.
 * https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/
 */
import { Job } from "../../api/batch/job.ts";
import { isNotFound } from "../../api/errors.ts";
import { keyOf } from "../../api/meta.ts";
import type { Controller } from "../controller.ts";
import { timeOf } from "../time.ts";

export const ttlAfterFinishedController: Controller<Job> = {
  name: "ttl-after-finished-controller",
  reconciles: Job,
  wokenBy: [],
  async reconcile(job, { client, clock, requeueAfter }) {
    const { metadata, spec, status } = job;
    if (spec.ttlSecondsAfterFinished === undefined || metadata.deletionTimestamp !== undefined) return;
    const last = status.conditions?.find(({ type, status: is }) => (type === "Complete" || type === "Failed") && is === "True");
    if (last === undefined) return;
    const leftMs = timeOf(last.lastTransitionTime) + spec.ttlSecondsAfterFinished * 1_000 - clock.now();
    if (leftMs > 0) return requeueAfter(keyOf(job), leftMs);
    const { namespace = "", name, uid } = metadata;
    await client.delete(Job, { namespace, name }, { propagationPolicy: "Foreground", uid }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  },
};
