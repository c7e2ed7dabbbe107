/**
 * Approves requests for the client certificates of kubelets, where whoever asks may: `nodeclient` for any node, `selfnodeclient` for
 * the node that one is already.
 * https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/#approval
 */

import { SubjectAccessReview } from "../../api/authorization/subject-access-review.ts";
import { CertificateSigningRequest } from "../../api/certificates/certificate-signing-request.ts";
import { keyOf } from "../../api/meta.ts";
import { decodeBase64, decodeUtf8 } from "../../base/bytes.ts";
import type { RequestedSubject } from "../../base/certificate-subject.ts";
import { cloneJson } from "../../base/clone.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Client } from "../../client/client.ts";
import type { Controller } from "../controller.ts";
import { type CertificateSigner, hasCondition, KUBELET_CLIENT_SIGNER, kubeletClient } from "./request.ts";

type Request = DeepReadonly<CertificateSigningRequest>;

interface Recognizer {
  recognizes(request: Request, subject: RequestedSubject): boolean;
  subresource: string;
  message: string;
}

/** The right to ask for it may be given later. */
const ASK_AGAIN_MS = 60_000;

const isKubeletClient = ({ spec }: Request, subject: RequestedSubject): boolean =>
  spec.signerName === KUBELET_CLIENT_SIGNER && kubeletClient(subject, new Set(spec.usages)) === undefined;

/** In the order in which they are tried. */
const RECOGNIZERS: readonly Recognizer[] = [
  {
    recognizes: (request, subject) => request.spec.username === subject.commonName && isKubeletClient(request, subject),
    subresource: "selfnodeclient",
    message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
  },
  {
    recognizes: isKubeletClient,
    subresource: "nodeclient",
    message: "Auto approving kubelet client certificate after SubjectAccessReview.",
  },
];

async function mayAsk(client: Client, { spec }: Request, subresource: string): Promise<boolean> {
  const { username: user = "", uid, groups, extra } = spec;
  const resourceAttributes = {
    group: "certificates.k8s.io",
    resource: "certificatesigningrequests",
    verb: "create",
    subresource,
    version: "*",
  };
  const asked = { user, resourceAttributes, ...(uid ? { uid } : {}), ...(groups ? { groups } : {}), ...(extra ? { extra } : {}) };
  const { status } = await client.create(SubjectAccessReview, { spec: cloneJson(asked) } as SubjectAccessReview);
  return status?.allowed ?? false;
}

async function approve(client: Client, request: Request, message: string): Promise<void> {
  const approved = { type: "Approved", status: "True", reason: "AutoApproved", message };
  const status = { ...request.status, conditions: [...(request.status?.conditions ?? []), approved] };
  await client.update(CertificateSigningRequest, { ...request, status } as Request, { subresource: "approval" });
}

export const certificateApprovingController = (
  signer: Pick<CertificateSigner, "read">,
): Controller<CertificateSigningRequest> => ({
  name: "csrapproving",
  account: "certificate-controller",
  reconciles: CertificateSigningRequest,
  wokenBy: [],
  async reconcile(request, { client, requeueAfter }) {
    const { signerName, request: encoded } = request.spec;
    if (signerName !== KUBELET_CLIENT_SIGNER || request.status?.certificate) return;
    if (hasCondition(request, "Approved") || hasCondition(request, "Denied")) return;
    // What cannot be read is told when it is signed.
    const subject = await signer.read(decodeUtf8(decodeBase64(encoded))).catch(() => undefined);
    if (subject === undefined) return;
    const fitting = RECOGNIZERS.filter(({ recognizes }) => recognizes(request, subject));
    for (const { subresource, message } of fitting)
      if (await mayAsk(client, request, subresource)) return approve(client, request, message);
    if (fitting.length > 0) requeueAfter(keyOf(request), ASK_AGAIN_MS);
  },
});
