/** Deletes CertificateSigningRequests that have had their answer for a while, and those that nobody answers. */
import { CertificateSigningRequest } from "../../api/certificates/certificate-signing-request.ts";
import { isNotFound } from "../../api/errors.ts";
import { keyOf } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Controller } from "../controller.ts";
import { timeOf } from "../time.ts";

const ANSWERED_MS = 3_600_000;
const PENDING_MS = 24 * 3_600_000;

/** When the request may go, in milliseconds since the epoch. */
function endMs({ metadata, status }: DeepReadonly<CertificateSigningRequest>): number {
  const answers = (status?.conditions ?? []).map(({ lastUpdateTime }) => timeOf(lastUpdateTime));
  if (answers.length > 0) return Math.min(...answers) + ANSWERED_MS;
  return timeOf(metadata.creationTimestamp) + PENDING_MS;
}

export const certificateCleaningController: Controller<CertificateSigningRequest> = {
  name: "csrcleaner",
  account: "certificate-controller",
  reconciles: CertificateSigningRequest,
  wokenBy: [],
  async reconcile(request, { client, clock, requeueAfter }) {
    const leftMs = endMs(request) - clock.now();
    if (leftMs > 0) return requeueAfter(keyOf(request), leftMs);
    const { name, uid } = request.metadata;
    await client.delete(CertificateSigningRequest, { name }, { uid }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  },
};
