/**
 * Signs approved CertificateSigningRequests of the built-in signers, each by its own rules.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
 */

import { CertificateSigningRequest } from "../../api/certificates/certificate-signing-request.ts";
import { formatTime } from "../../api/time.ts";
import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import type { RequestedSubject } from "../../base/certificate-subject.ts";
import type { Controller } from "../controller.ts";
import { messageOf } from "../pod-control.ts";
import {
  apiClient,
  type CertificateSigner,
  hasCondition,
  KUBELET_CLIENT_SIGNER,
  kubeletClient,
  kubeletServing,
  type Rule,
} from "./request.ts";

const YEAR_MS = 365 * 24 * 3_600_000;
const SHORTEST_LIFE_MS = 600_000;

const SIGNERS: Readonly<Record<string, Rule>> = {
  "kubernetes.io/kube-apiserver-client": apiClient,
  [KUBELET_CLIENT_SIGNER]: kubeletClient,
  "kubernetes.io/kubelet-serving": kubeletServing,
  "kubernetes.io/legacy-unknown": () => undefined,
};

/** As long as asked for, but neither longer than a year nor shorter than the clocks of machines may differ. */
const lifeMsOf = (seconds: number | undefined): number =>
  seconds === undefined ? YEAR_MS : Math.min(YEAR_MS, Math.max(SHORTEST_LIFE_MS, seconds * 1_000));

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
    let subject: RequestedSubject;
    try {
      subject = await signer.read(pem);
    } catch (error) {
      return refuse(`unable to parse csr: ${messageOf(error)}`);
    }
    const refusal = rule(subject, new Set(usages));
    if (refusal !== undefined) return refuse(refusal);
    const certificate = await signer.sign(pem, { usages, lifeMs: lifeMsOf(expirationSeconds) });
    const status = { ...request.status, certificate: encodeBase64(encodeUtf8(certificate)) };
    await client.updateStatusIfChanged(CertificateSigningRequest, request, status);
  },
});
