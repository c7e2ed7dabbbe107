/**
 * Field errors of a LimitRange: bounds and defaults that do not contradict each other.
 * https://kubernetes.io/docs/concepts/policy/limit-range/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { LimitRangeItem, LimitRangeSpec } from "../generated/core-v1.ts";
import { qualifiedNameErrors } from "../names.ts";
import { compareQuantities, parseQuantity } from "../quantity.ts";
import type { Report } from "../validation-report.ts";
import { allowsOvercommit, validateContainerResourceName, validateResourceName } from "./resource-names.ts";

type Item = DeepReadonly<LimitRangeItem>;

const TYPES = ["Pod", "Container", "PersistentVolumeClaim"];

/** What must not be greater than what, and how that is said, at which of the two. */
const ORDERS = [
  ["min", "max", "min", "min", "max"],
  ["min", "defaultRequest", "defaultRequest", "min", "default request"],
  ["defaultRequest", "max", "defaultRequest", "default request", "max"],
  ["defaultRequest", "default", "defaultRequest", "default request", "default limit"],
  ["min", "default", "default", "min", "default"],
  ["default", "max", "default", "default", "max"],
] as const;

function validateType(type: string, seen: Set<string>, report: Report): void {
  const complaints = qualifiedNameErrors(type);
  for (const complaint of complaints) report.invalid(type, complaint);
  if (complaints.length === 0 && !type.includes("/") && !TYPES.includes(type))
    report.invalid(type, "must be a standard limit type or fully qualified");
  if (seen.has(type)) report.duplicate(type);
  seen.add(type);
}

function validateRatio(item: Item, key: string, report: Report): void {
  const ratio = item.maxLimitRequestRatio?.[key];
  if (ratio === undefined) return;
  const here = report.at("maxLimitRequestRatio", { key });
  if (compareQuantities(ratio, "1") < 0) here.invalid(ratio, `ratio ${ratio} is less than 1`);
  const [min, max] = [item.min?.[key], item.max?.[key]];
  if (min === undefined || max === undefined) return;
  const actual = Number(parseQuantity(max).nano) / Number(parseQuantity(min).nano);
  if (Number(parseQuantity(ratio).nano) / 1e9 > actual)
    here.invalid(ratio, `ratio ${ratio} is greater than max/min = ${actual.toFixed(6)}`);
}

function validateAmounts(item: Item, key: string, report: Report): void {
  for (const [low, high, at, lowName, highName] of ORDERS) {
    const [a, b] = [item[low]?.[key], item[high]?.[key]];
    if (a !== undefined && b !== undefined && compareQuantities(a, b) > 0)
      report.at(at, { key }).invalid(item[at]?.[key], `${lowName} value ${a} is greater than ${highName} value ${b}`);
  }
  validateRatio(item, key, report);
  const [limit, request] = [item.default?.[key], item.defaultRequest?.[key]];
  if (allowsOvercommit(key) || limit === undefined || request === undefined || compareQuantities(limit, request) === 0) return;
  report
    .at("defaultRequest", { key })
    .invalid(request, `default value ${limit} must equal to defaultRequest value ${request} in ${key}`);
}

function validateItem(item: Item, report: Report): void {
  const validateName = item.type === "Pod" || item.type === "Container" ? validateContainerResourceName : validateResourceName;
  const keys = new Set<string>();
  const fields = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;
  for (const field of fields) {
    const amounts = Object.keys(item[field] ?? {});
    if (item.type === "Pod" && field.startsWith("default")) {
      if (amounts.length > 0) report.at(field).forbidden("may not be specified when `type` is 'Pod'");
      continue;
    }
    for (const key of amounts) {
      keys.add(key);
      validateName(key, report.at(field, { key }));
    }
  }
  if (item.type === "PersistentVolumeClaim" && item.min?.storage === undefined && item.max?.storage === undefined)
    report.at("limits").required("either minimum or maximum storage value is required, but neither was provided");
  for (const key of keys) validateAmounts(item, key, report);
}

export function validateLimits({ limits }: DeepReadonly<LimitRangeSpec>, report: Report): void {
  const seen = new Set<string>();
  limits?.forEach((item, index) => {
    const here = report.at("limits", index);
    validateType(item.type, seen, here.at("type"));
    validateItem(item, here);
  });
}
