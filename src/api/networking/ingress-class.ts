/**
 * networking.k8s.io/v1 IngressClass: which controller serves an Ingress.
 * https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class
 */

import type { DeepReadonly } from "../../base/readonly.ts";
import type * as generated from "../generated/networking-v1.ts";
import { dnsLabelErrors, domainPrefixedPathErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, NONE } from "../table/cells.ts";
import { follows, immutable, oneOf, requiredBy } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { validateReference } from "./ingress-validation.ts";

export type IngressClass = generated.IngressClass;

const MAX_CONTROLLER_LENGTH = 250;

function validateParameters(parameters: DeepReadonly<generated.IngressClassParametersReference>, report: Report): void {
  validateReference(parameters, report);
  const { scope, namespace } = parameters;
  if (!scope) return report.at("scope").required();
  oneOf(scope, ["Cluster", "Namespace"], report.at("scope"));
  const here = report.at("namespace");
  if (scope === "Namespace" && !namespace) here.required("`parameters.scope` is set to 'Namespace'");
  else if (scope === "Namespace" && namespace) follows(namespace, dnsLabelErrors, here);
  else if (scope === "Cluster" && namespace !== undefined) here.forbidden("`parameters.scope` is set to 'Cluster'");
}

const strategy: Strategy<IngressClass> = {
  hasGeneration: true,
  unconditionalUpdate: true,

  default({ spec }) {
    if (spec.parameters) spec.parameters.scope ??= "Cluster";
  },

  validate({ spec }, previous, report) {
    const here = report.at("spec");
    if ((spec.controller?.length ?? 0) > MAX_CONTROLLER_LENGTH) here.at("controller").tooLong(MAX_CONTROLLER_LENGTH);
    requiredBy(spec.controller, domainPrefixedPathErrors, here.at("controller"));
    if (spec.parameters) validateParameters(spec.parameters, here.at("parameters"));
    if (previous) immutable(spec.controller, previous.spec.controller, here.at("controller"));
  },

  columns: (ingressClass) => {
    const parameters = ingressClass.spec?.parameters;
    const kind = parameters?.apiGroup === undefined ? parameters?.kind : `${parameters.kind}.${parameters.apiGroup}`;
    return [
      ingressClass.metadata.name,
      ingressClass.spec?.controller ?? "",
      parameters ? `${kind}/${parameters.name}` : NONE,
      ageOf(ingressClass),
    ];
  },
};

export const IngressClass: Resource<IngressClass> = resource(
  { group: "networking.k8s.io", resource: "ingressclasses" },
  strategy,
);
