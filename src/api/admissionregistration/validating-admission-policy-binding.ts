/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding. */
import type * as generated from "../generated/admissionregistration-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { policyBindingCells } from "../table/cells.ts";

export type ValidatingAdmissionPolicyBinding = generated.ValidatingAdmissionPolicyBinding;

const strategy: Strategy<ValidatingAdmissionPolicyBinding> = {
  columns: policyBindingCells,
};

export const ValidatingAdmissionPolicyBinding: Resource<ValidatingAdmissionPolicyBinding> = resource(
  { group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicybindings" },
  strategy,
);
