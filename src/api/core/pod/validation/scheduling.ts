/** Field errors of what decides where a Pod runs: selectors, affinity, tolerations, spreading, gates. */

import type { DeepReadonly } from "../../../../base/readonly.ts";
import type {
  NodeAffinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  PodAntiAffinity,
  PodSpec,
  Toleration,
  TopologySpreadConstraint,
} from "../../../generated/shared.ts";
import { dnsLabelErrors, labelValueErrors, qualifiedNameErrors } from "../../../names.ts";
import { validateLabelKey, validateLabelSelector } from "../../../validation.ts";
import type { Report } from "../../../validation-report.ts";

const SELECTOR_OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"];
const NODE_OPERATORS = [...SELECTOR_OPERATORS, "Gt", "Lt"];
const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function validateNodeRequirement({ key, operator, values = [] }: DeepReadonly<NodeSelectorRequirement>, report: Report): void {
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) report.at("values").required("must be specified when `operator` is 'In' or 'NotIn'");
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) report.at("values").forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      break;
    case "Gt":
    case "Lt":
      if (values.length !== 1) report.at("values").required("must be specified single value when `operator` is 'Lt' or 'Gt'");
      break;
    default:
      report.at("operator").invalid(operator, `not a valid selector operator, must be one of ${NODE_OPERATORS.join(", ")}`);
  }
  validateLabelKey(key, report.at("key"));
}

function validateFieldRequirement({ key, operator, values = [] }: DeepReadonly<NodeSelectorRequirement>, report: Report): void {
  if (operator !== "In" && operator !== "NotIn") report.at("operator").invalid(operator, "not a valid selector operator");
  else if (values.length !== 1)
    report.at("values").required("must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
  if (key !== "metadata.name") report.at("key").invalid(key, "not a valid field selector key");
}

function validateNodeSelectorTerm(term: DeepReadonly<NodeSelectorTerm>, report: Report): void {
  term.matchExpressions?.forEach((requirement, index) => {
    validateNodeRequirement(requirement, report.at("matchExpressions", index));
  });
  term.matchFields?.forEach((requirement, index) => {
    validateFieldRequirement(requirement, report.at("matchFields", index));
  });
}

export function validateNodeSelectorTerms(terms: DeepReadonly<NodeSelectorTerm[]> | undefined, report: Report): void {
  if (!terms?.length) return report.required("must have at least one node selector term");
  terms.forEach((term, index) => {
    validateNodeSelectorTerm(term, report.at(index));
  });
}

function validateWeight(weight: number, report: Report): void {
  if (weight < 1 || weight > 100) report.invalid(weight, "must be in the range 1-100");
}

function validateNodeAffinity(affinity: DeepReadonly<NodeAffinity> | undefined, report: Report): void {
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required)
    validateNodeSelectorTerms(
      required.nodeSelectorTerms,
      report.at("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"),
    );
  affinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ weight, preference }, index) => {
    const here = report.at("preferredDuringSchedulingIgnoredDuringExecution", index);
    validateWeight(weight, here.at("weight"));
    validateNodeSelectorTerm(preference, here.at("preference"));
  });
}

function validateAffinityTerm(term: DeepReadonly<PodAffinityTerm>, report: Report): void {
  validateLabelSelector(term.labelSelector, report.at("labelSelector"));
  validateLabelSelector(term.namespaceSelector, report.at("namespaceSelector"));
  term.namespaces?.forEach((namespace, index) => {
    for (const complaint of dnsLabelErrors(namespace)) report.at("namespaces", index).invalid(namespace, complaint);
  });
  if (!term.topologyKey) report.at("topologyKey").required("can not be empty");
  validateLabelKey(term.topologyKey, report.at("topologyKey"));
}

function validatePodAffinity(affinity: DeepReadonly<PodAffinity | PodAntiAffinity> | undefined, report: Report): void {
  affinity?.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term, index) => {
    validateAffinityTerm(term, report.at("requiredDuringSchedulingIgnoredDuringExecution", index));
  });
  affinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ weight, podAffinityTerm }, index) => {
    const here = report.at("preferredDuringSchedulingIgnoredDuringExecution", index);
    validateWeight(weight, here.at("weight"));
    validateAffinityTerm(podAffinityTerm, here.at("podAffinityTerm"));
  });
}

function validateTolerationOperator({ key, operator = "Equal", value }: DeepReadonly<Toleration>, report: Report): void {
  if (!key && operator !== "Exists")
    report
      .at("operator")
      .invalid(operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"');
  switch (operator) {
    case "Equal":
      for (const complaint of labelValueErrors(value ?? "")) report.at("operator").invalid(value, complaint);
      break;
    case "Exists":
      if (value) report.at("operator").invalid({ key, operator, value }, "value must be empty when `operator` is 'Exists'");
      break;
    default:
      report.at("operator").notSupported(operator, ["Equal", "Exists"]);
  }
}

export function validateTolerations(tolerations: DeepReadonly<Toleration[]> | undefined, report: Report): void {
  tolerations?.forEach((toleration, index) => {
    const here = report.at(index);
    const { key, effect, tolerationSeconds } = toleration;
    if (key) validateLabelKey(key, here.at("key"));
    validateTolerationOperator({ ...toleration, operator: toleration.operator || "Equal" }, here);
    if (tolerationSeconds !== undefined && effect !== "NoExecute")
      here.at("effect").invalid(effect ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set");
    if (effect && !EFFECTS.includes(effect)) here.at("effect").notSupported(effect, EFFECTS);
  });
}

function validateSpreadConstraint(constraint: DeepReadonly<TopologySpreadConstraint>, report: Report): void {
  const { maxSkew, topologyKey, whenUnsatisfiable, minDomains, nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  if (maxSkew <= 0) report.at("maxSkew").invalid(maxSkew, "must be greater than zero");
  if (!topologyKey) report.at("topologyKey").required("can not be empty");
  else validateLabelKey(topologyKey, report.at("topologyKey"));
  const actions = ["DoNotSchedule", "ScheduleAnyway"];
  if (!actions.includes(whenUnsatisfiable)) report.at("whenUnsatisfiable").notSupported(whenUnsatisfiable, actions);
  if (minDomains !== undefined && minDomains <= 0) report.at("minDomains").invalid(minDomains, "must be greater than zero");
  if (minDomains !== undefined && whenUnsatisfiable !== "DoNotSchedule") {
    report.at("minDomains").invalid(minDomains, "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway");
  }
  const policies = ["Honor", "Ignore"];
  if (nodeAffinityPolicy && !policies.includes(nodeAffinityPolicy))
    report.at("nodeAffinityPolicy").notSupported(nodeAffinityPolicy, policies);
  if (nodeTaintsPolicy && !policies.includes(nodeTaintsPolicy))
    report.at("nodeTaintsPolicy").notSupported(nodeTaintsPolicy, policies);
  constraint.matchLabelKeys?.forEach((key, index) => {
    validateLabelKey(key, report.at("matchLabelKeys", index));
    if (!constraint.labelSelector) report.at("matchLabelKeys").forbidden("must not be specified when labelSelector is not set");
  });
  validateLabelSelector(constraint.labelSelector, report.at("labelSelector"));
}

function validateSpread(constraints: DeepReadonly<TopologySpreadConstraint[]> | undefined, report: Report): void {
  const seen = new Set<string>();
  constraints?.forEach((constraint, index) => {
    const here = report.at(index);
    validateSpreadConstraint(constraint, here);
    const pair = `{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}`;
    if (seen.has(pair)) here.at("{topologyKey, whenUnsatisfiable}").duplicate(pair);
    seen.add(pair);
  });
}

function validateGates(spec: DeepReadonly<PodSpec>, report: Report): void {
  const names = new Set<string>();
  spec.schedulingGates?.forEach(({ name }, index) => {
    const here = report.at("schedulingGates", index);
    for (const complaint of qualifiedNameErrors(name)) here.at("name").invalid(name, complaint);
    if (names.has(name)) here.duplicate(name);
    names.add(name);
  });
  if (spec.nodeName && spec.schedulingGates?.length)
    report.at("nodeName").forbidden("cannot be set until all schedulingGates have been cleared");
  spec.readinessGates?.forEach(({ conditionType }, index) => {
    validateLabelKey(conditionType, report.at("readinessGates", index, "conditionType"));
  });
}

export function validateScheduling(spec: DeepReadonly<PodSpec>, report: Report): void {
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    validateLabelKey(key, report.at("nodeSelector"));
    for (const complaint of labelValueErrors(value)) report.at("nodeSelector").invalid(value, complaint);
  }
  const affinity = report.at("affinity");
  validateNodeAffinity(spec.affinity?.nodeAffinity, affinity.at("nodeAffinity"));
  validatePodAffinity(spec.affinity?.podAffinity, affinity.at("podAffinity"));
  validatePodAffinity(spec.affinity?.podAntiAffinity, affinity.at("podAntiAffinity"));
  validateTolerations(spec.tolerations, report.at("tolerations"));
  validateSpread(spec.topologySpreadConstraints, report.at("topologySpreadConstraints"));
  validateGates(spec, report);
}
