/**
 * Signs approved CertificateSigningRequests of the built-in signers, each by its own rules.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
 */

import { CertificateSigningRequest } from "../../api/certificates/certificate-signing-request.ts";
import { formatTime } from "../../api/time.ts";
import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import type { Controller } from "../controller.ts";
import { messageOf } from "../pod-control.ts";
import {
  type CertificateSigner,
  type CertificateSubject,
  hasCondition,
  hasUsages,
  KUBELET_CLIENT_SIGNER,
  kubeletClient,
  nodeSubject,
  onlyUsages,
  type Rule,
} from "./request.ts";

const YEAR_MS = 365 * 24 * 3_600_000;
/** What each signer refuses, with the words for the condition. */
const SIGNERS: Readonly<Record<string, Rule>> = {
  "kubernetes.io/kube-apiserver-client": (_, usages) =>
    usages.has("client auth") && onlyUsages(usages, ["client auth", "digital signature", "key encipherment"])
      ? undefined
      : "usages did not match",
  [KUBELET_CLIENT_SIGNER]: kubeletClient,
  "kubernetes.io/kubelet-serving": (subject, usages) => {
    if (subject.dnsNames.length + subject.addresses.length === 0) return "at least one DNS or IP subjectAltName is required";
    if (subject.otherNames.length > 0) return "email and URI subjectAltNames are not allowed";
    return nodeSubject(subject) ?? hasUsages(usages, "server auth");
  },
  "kubernetes.io/legacy-unknown": () => undefined,
};

export const certificateSigningController = (signer: CertificateSigner): Controller<CertificateSigningRequest> => ({
  name: "csrsigning",
  account: "certificate-controller",
  reconciles: CertificateSigningRequest,
  wokenBy: [],
  async reconcile(request, { client, clock }) {
    const { signerName, usages = [], expirationSeconds, request: encoded } = request.spec;
    const rule = SIGNERS[signerName];
    if (rule === undefined || request.status?.certificate) return;
    if (!hasCondition(request, "Approved") || hasCondition(request, "Denied") || hasCondition(request, "Failed")) return;
    const pem = decodeUtf8(decodeBase64(encoded));
    const refuse = async (message: string): Promise<void> => {
      const now = formatTime(clock.now());
      const failed = { type: "Failed", status: "True", reason: "SignerValidationFailure", message };
      const condition = { ...failed, lastUpdateTime: now, lastTransitionTime: now };
      const status = { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] };
      await client.updateStatusIfChanged(CertificateSigningRequest, request, status);
    };
    let subject: CertificateSubject;
    try {
      subject = await signer.read(pem);
    } catch (error) {
      return refuse(`unable to parse csr: ${messageOf(error)}`);
    }
    const refusal = rule(subject, new Set(usages));
    if (refusal !== undefined) return refuse(refusal);
    const lifeMs = Math.min(YEAR_MS, expirationSeconds === undefined ? YEAR_MS : expirationSeconds * 1_000);
    const certificate = await signer.sign(pem, { usages, lifeMs });
    const status = { ...request.status, certificate: encodeBase64(encodeUtf8(certificate)) };
    await client.updateStatusIfChanged(CertificateSigningRequest, request, status);
  },
});
