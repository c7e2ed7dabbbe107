/**
 * CertificateApproval, CertificateSigning and CertificateSubjectRestriction: who approves or signs a request needs the right to do so
 * for its signer, and nobody becomes a cluster administrator by a certificate for clients.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#certificateapproval
 */
import { CertificateSigningRequest } from "../../../api/certificates/certificate-signing-request.ts";
import { decodeBase64, decodeUtf8 } from "../../../base/bytes.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { Authorizer } from "../../authz/authorizer.ts";
import { decide } from "../../authz-decision.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts";
import { refusal } from "../refusal.ts";

type Request = DeepReadonly<CertificateSigningRequest>;

const CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";
const MASTERS = "system:masters";

/** The right for the signer itself, or for all of its domain: `example.com/*`. */
function mayFor(authorizers: readonly Authorizer[], { user }: AdmissionRequest, verb: string, signer: string): boolean {
  const names = [signer, `${signer.split("/")[0]}/*`];
  return names.some(
    (name) =>
      decide(authorizers, {
        user,
        verb,
        isResourceRequest: true,
        group: "certificates.k8s.io",
        version: "*",
        resource: "signers",
        subresource: "",
        namespace: "",
        name,
        path: "",
      }).allowed,
  );
}

function requireSigner(authorizers: readonly Authorizer[], request: AdmissionRequest, verb: string): void {
  const signer = (request.old as Request | undefined)?.spec.signerName ?? "";
  if (!mayFor(authorizers, request, verb, signer))
    throw refusal(request, `user not permitted to ${verb} requests with signerName "${signer}"`);
}

export const certificateApproval = (authorizers: readonly Authorizer[]): AdmissionPlugin => ({
  name: "CertificateApproval",
  handles: (operation, row, subresource) =>
    row === CertificateSigningRequest && operation === "UPDATE" && subresource === "approval",
  validate: (request) => requireSigner(authorizers, request, "approve"),
});

export const certificateSigning = (authorizers: readonly Authorizer[]): AdmissionPlugin => ({
  name: "CertificateSigning",
  handles: (operation, row, subresource) =>
    row === CertificateSigningRequest && operation === "UPDATE" && subresource === "status",
  validate(request) {
    const now = (request.object as CertificateSigningRequest).status;
    const before = (request.old as Request).status;
    const failed = (status: Request["status"] | undefined): string =>
      JSON.stringify(status?.conditions?.filter(({ type }) => type === "Failed") ?? []);
    // Only who signs, or says that it cannot, has to be allowed to.
    if (now?.certificate === before?.certificate && failed(now) === failed(before)) return;
    requireSigner(authorizers, request, "sign");
  },
});

/** The request is DER inside PEM; a group stands in it as plain text, so its bytes are looked for. */
function asksForMasters(pem: string): boolean {
  const base64 = decodeUtf8(decodeBase64(pem)).replace(/-----[^-]+-----|\s/g, "");
  try {
    return String.fromCharCode(...decodeBase64(base64)).includes(MASTERS);
  } catch {
    return false;
  }
}

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  handles: (operation, row, subresource) => row === CertificateSigningRequest && operation === "CREATE" && subresource === "",
  validate(request) {
    const { spec } = request.object as CertificateSigningRequest;
    if (spec.signerName === CLIENT_SIGNER && asksForMasters(spec.request))
      throw refusal(request, `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`);
  },
};
