/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy. */
import type * as generated from "../generated/admissionregistration-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, countOf, formatParamKind } from "../table/cells.ts";
import { validateValidatingPolicy } from "./policies.ts";
import { defaultMatch } from "./rules.ts";

export type ValidatingAdmissionPolicy = generated.ValidatingAdmissionPolicy;

const strategy: Strategy<ValidatingAdmissionPolicy> = {
  hasGeneration: true,

  default({ spec }) {
    spec.failurePolicy ??= "Fail";
    defaultMatch(spec.matchConstraints);
  },

  validate: (policy, _previous, report) => validateValidatingPolicy(policy, report.at("spec")),

  columns: (policy) => [
    policy.metadata.name,
    countOf(policy.spec?.validations),
    formatParamKind(policy.spec?.paramKind),
    ageOf(policy),
  ],
};

export const ValidatingAdmissionPolicy: Resource<ValidatingAdmissionPolicy> = resource(
  { group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicies" },
  strategy,
);
