/**
 * Field errors of a Node, and what of it stays as it is.
 * https://kubernetes.io/docs/concepts/architecture/nodes/
 */

import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { cidrErrors, parseRange } from "../addresses.ts";
import type { Node, Taint } from "../generated/core-v1.ts";
import { labelValueErrors, qualifiedNameErrors } from "../names.ts";
import { follows, requiredOneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { validateResourceAmount, validateResourceName } from "./resource-names.ts";

type Spec = DeepReadonly<Node["spec"]>;

const TAINT_EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function validateTaints(taints: readonly DeepReadonly<Taint>[] | undefined, report: Report): void {
  const seen = new Set<string>();
  taints?.forEach((taint, index) => {
    const here = report.at(index);
    const { key, value, effect } = taint;
    follows(key, qualifiedNameErrors, here.at("key"));
    if (value) follows(value, labelValueErrors, here.at("value"));
    requiredOneOf(effect, TAINT_EFFECTS, here.at("effect"));
    const pair = `${effect}/${key}`;
    if (seen.has(pair)) here.duplicate(taint);
    seen.add(pair);
  });
}

function validatePodRanges({ podCIDRs = [] }: Spec, report: Report): void {
  podCIDRs.forEach((range, index) => {
    follows(range, cidrErrors, report.at(index));
  });
  const families = podCIDRs.map((range) => parseRange(range)?.family);
  if (podCIDRs.length > 1 && (podCIDRs.length > 2 || new Set(families).size < podCIDRs.length))
    report.invalid(podCIDRs, "may specify no more than one CIDR for each IP family");
}

function validateChange(spec: Spec, previous: Spec, report: Report): void {
  if (previous.podCIDRs?.length && !deepEqual(spec.podCIDRs, previous.podCIDRs))
    report.at("podCIDRs").forbidden('node updates may not change podCIDR except from "" to valid');
  if (previous.providerID && spec.providerID !== previous.providerID)
    report.at("providerID").forbidden('node updates may not change providerID except from "" to valid');
}

export function validateNodeResources({ status }: DeepReadonly<Node>, report: Report): void {
  for (const field of ["capacity", "allocatable"] as const)
    for (const [key, amount] of Object.entries(status[field] ?? {})) {
      const here = report.at("status", field, { key });
      validateResourceName(key, here);
      validateResourceAmount(key, amount, here);
    }
}

export function validateNode(node: DeepReadonly<Node>, previous: DeepReadonly<Node> | undefined, report: Report): void {
  const here = report.at("spec");
  validateTaints(node.spec.taints, here.at("taints"));
  validatePodRanges(node.spec, here.at("podCIDRs"));
  validateNodeResources(node, report);
  if (previous) validateChange(node.spec, previous.spec, here);
}
