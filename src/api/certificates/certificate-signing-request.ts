/** certificates.k8s.io/v1 CertificateSigningRequest. */
import type * as generated from "../generated/certificates-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type CertificateSigningRequest = generated.CertificateSigningRequest;

const strategy: Strategy<CertificateSigningRequest> = {};

export const CertificateSigningRequest: Resource<CertificateSigningRequest> = resource(
  { group: "certificates.k8s.io", resource: "certificatesigningrequests" },
  strategy,
);
