/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy. */
import type * as generated from "../generated/admissionregistration-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ValidatingAdmissionPolicy = generated.ValidatingAdmissionPolicy;

const strategy: Strategy<ValidatingAdmissionPolicy> = {};

export const ValidatingAdmissionPolicy: Resource<ValidatingAdmissionPolicy> = resource(
  { group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicies" },
  strategy,
);
