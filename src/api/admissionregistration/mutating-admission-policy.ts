/** admissionregistration.k8s.io/v1 MutatingAdmissionPolicy. */
import type * as generated from "../generated/admissionregistration-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, countOf, formatParamKind } from "../table/cells.ts";
import { validateMutatingPolicy } from "./policies.ts";
import { defaultMatch } from "./rules.ts";

export type MutatingAdmissionPolicy = generated.MutatingAdmissionPolicy;

const strategy: Strategy<MutatingAdmissionPolicy> = {
  hasGeneration: true,

  default({ spec }) {
    spec.failurePolicy ??= "Fail";
    defaultMatch(spec.matchConstraints);
  },

  validate: (policy, _previous, report) => validateMutatingPolicy(policy, report.at("spec")),

  columns: (policy) => [
    policy.metadata.name,
    countOf(policy.spec?.mutations),
    formatParamKind(policy.spec?.paramKind),
    ageOf(policy),
  ],
};

export const MutatingAdmissionPolicy: Resource<MutatingAdmissionPolicy> = resource(
  { group: "admissionregistration.k8s.io", resource: "mutatingadmissionpolicies" },
  strategy,
);
