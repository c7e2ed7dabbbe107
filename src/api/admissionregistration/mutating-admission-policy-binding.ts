/** admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding. */
import type * as generated from "../generated/admissionregistration-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { policyBindingCells } from "../table/cells.ts";
import { defaultMatch, validateBindingSpec } from "./rules.ts";

export type MutatingAdmissionPolicyBinding = generated.MutatingAdmissionPolicyBinding;

const strategy: Strategy<MutatingAdmissionPolicyBinding> = {
  hasGeneration: true,
  default: ({ spec }) => defaultMatch(spec.matchResources),
  validate: ({ spec }, _previous, report) => validateBindingSpec(spec, report.at("spec")),

  columns: policyBindingCells,
};

export const MutatingAdmissionPolicyBinding: Resource<MutatingAdmissionPolicyBinding> = resource(
  { group: "admissionregistration.k8s.io", resource: "mutatingadmissionpolicybindings" },
  strategy,
);
