/**
 * certificates.k8s.io/v1 CertificateSigningRequest: asks a signer for a certificate.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */

import { cloneJson } from "../../base/clone.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { conditionOf } from "../conditions.ts";
import type * as generated from "../generated/certificates-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, NONE } from "../table/cells.ts";
import { humanDuration } from "../table/duration.ts";
import { formatTime } from "../time.ts";
import { validateRequest, validateRequestStatus } from "./validation.ts";

export type CertificateSigningRequest = generated.CertificateSigningRequest;

/** Denied weighs more than approved; a certificate and a failure are told beside it. */
function formatState({ status }: DeepReadonly<CertificateSigningRequest>): string {
  const has = (type: string): boolean => status?.conditions?.some((condition) => condition.type === type) ?? false;
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  return `${decision}${has("Failed") ? ",Failed" : ""}${status?.certificate ? ",Issued" : ""}`;
}

/** Conditions carry the time at which they were written, and at which they began to hold. */
function stampConditions(
  { status }: CertificateSigningRequest,
  previous: DeepReadonly<CertificateSigningRequest>,
  nowMs: number,
): void {
  const now = formatTime(nowMs);
  for (const condition of status.conditions ?? []) {
    condition.lastUpdateTime ||= now;
    const before = conditionOf(previous.status.conditions, condition.type);
    condition.lastTransitionTime ||= before?.status === condition.status ? before.lastTransitionTime || now : now;
  }
}

const strategy: Strategy<CertificateSigningRequest> = {
  unconditionalUpdate: true,

  prepareForCreate(request) {
    request.status = {};
  },

  /** What was asked for stays as it was asked. */
  prepareForUpdate(request, previous) {
    request.spec = cloneJson(previous.spec) as CertificateSigningRequest["spec"];
    request.status = cloneJson(previous.status) as CertificateSigningRequest["status"];
  },

  prepareSubresource: {
    /** Decides, and nothing else. */
    approval(request, previous, nowMs) {
      const { conditions } = request.status;
      request.spec = cloneJson(previous.spec) as CertificateSigningRequest["spec"];
      request.status = cloneJson(previous.status) as CertificateSigningRequest["status"];
      if (conditions) request.status.conditions = conditions;
      else delete request.status.conditions;
      stampConditions(request, previous, nowMs);
    },
    /** Issues; who decided stays as it is. */
    status(request, previous, nowMs) {
      request.spec = cloneJson(previous.spec) as CertificateSigningRequest["spec"];
      const isDecision = ({ type }: { type: string }): boolean => type === "Approved" || type === "Denied";
      const decisions = (previous.status.conditions ?? []).filter(isDecision);
      const others = (request.status.conditions ?? []).filter((condition) => !isDecision(condition));
      const conditions = [...cloneJson(decisions), ...others];
      if (conditions.length > 0) request.status.conditions = conditions as NonNullable<typeof request.status.conditions>;
      else delete request.status.conditions;
      stampConditions(request, previous, nowMs);
    },
  },

  validate: validateRequest,
  validateSubresource: { approval: validateRequestStatus, status: validateRequestStatus },

  selectableFields: ({ spec }) => ({ "spec.signerName": spec.signerName }),

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
