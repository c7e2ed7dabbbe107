/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding. */
import type * as generated from "../generated/admissionregistration-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { policyBindingCells } from "../table/cells.ts";
import { validateActions } from "./policies.ts";
import { defaultMatch, validateBindingSpec } from "./rules.ts";

export type ValidatingAdmissionPolicyBinding = generated.ValidatingAdmissionPolicyBinding;

const strategy: Strategy<ValidatingAdmissionPolicyBinding> = {
  hasGeneration: true,
  default: ({ spec }) => defaultMatch(spec.matchResources),

  validate({ spec }, _previous, report) {
    validateBindingSpec(spec, report.at("spec"));
    validateActions(spec.validationActions, report.at("spec", "validationActions"));
  },

  columns: policyBindingCells,
};

export const ValidatingAdmissionPolicyBinding: Resource<ValidatingAdmissionPolicyBinding> = resource(
  { group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicybindings" },
  strategy,
);
