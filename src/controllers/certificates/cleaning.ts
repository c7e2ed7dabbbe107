/** Deletes CertificateSigningRequests that have had their answer for a while, and those that nobody answers. */
import { CertificateSigningRequest } from "../../api/certificates/certificate-signing-request.ts";
import { isNotFound } from "../../api/errors.ts";
import { keyOf } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Controller } from "../controller.ts";
import { timeOf } from "../time.ts";

const ANSWERED_MS = 3_600_000;
const WAITING_MS = 24 * 3_600_000;

/** When the request may go, in milliseconds since the epoch: what is approved and not signed waits as long as what nobody answers. */
function endMs({ metadata, status }: DeepReadonly<CertificateSigningRequest>): number {
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) return timeOf(metadata.creationTimestamp) + WAITING_MS;
  const ends = conditions.map(({ type, lastUpdateTime }) => {
    const isWaiting = type === "Approved" && !status?.certificate;
    return timeOf(lastUpdateTime) + (isWaiting ? WAITING_MS : ANSWERED_MS);
  });
  return Math.min(...ends);
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
