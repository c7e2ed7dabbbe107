/** certificates.k8s.io/v1 CertificateSigningRequest. */

import type { DeepReadonly } from "../../base/readonly.ts";
import type * as generated from "../generated/certificates-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, NONE } from "../table/cells.ts";
import { humanDuration } from "../table/duration.ts";

export type CertificateSigningRequest = generated.CertificateSigningRequest;

/** Denied weighs more than approved; a certificate and a failure are told beside it. */
function formatState({ status }: DeepReadonly<CertificateSigningRequest>): string {
  const has = (type: string): boolean => status?.conditions?.some((condition) => condition.type === type) ?? false;
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  return `${decision}${has("Failed") ? ",Failed" : ""}${status?.certificate ? ",Issued" : ""}`;
}

const strategy: Strategy<CertificateSigningRequest> = {
  columns: (request) => {
    const { signerName, username, expirationSeconds } = request.spec;
    return [
      request.metadata.name,
      ageOf(request),
      signerName || NONE,
      username ?? "",
      expirationSeconds === undefined ? NONE : humanDuration(expirationSeconds * 1000),
      formatState(request),
    ];
  },
};

export const CertificateSigningRequest: Resource<CertificateSigningRequest> = resource(
  { group: "certificates.k8s.io", resource: "certificatesigningrequests" },
  strategy,
);
