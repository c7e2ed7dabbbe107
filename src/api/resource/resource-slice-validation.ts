/**
 * Field errors of a ResourceSlice: one part of a driver's pool of devices.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/resource-slice-v1/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import { validateNodeSelectorTerms } from "../core/pod/validation/scheduling.ts";
import type * as device from "../generated/resource-v1.ts";
import { numberOf } from "../integer.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";
import { follows, immutable, notNegative, requiredBy } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { eachOf, validateDriver, validatePoolName } from "./device-validation.ts";

type Spec = DeepReadonly<device.ResourceSliceSpec>;

const MAX_DEVICES = 128;
const MAX_SHARED_COUNTERS = 8;
const ATTRIBUTE_KINDS = ["bool", "bools", "int", "ints", "string", "strings", "version", "versions"] as const;
const PLACES = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";

/** Where the devices are: one way to say it. */
function validatePlace(spec: Spec, report: Report): void {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec;
  if (nodeName !== undefined) requiredBy(nodeName, dnsSubdomainErrors, report.at("nodeName"));
  if (nodeSelector) validateNodeSelectorTerms(nodeSelector.nodeSelectorTerms, report.at("nodeSelector", "nodeSelectorTerms"));
  if (allNodes === false) report.at("allNodes").invalid(allNodes, "must be either unset or set to true");
  const count = [nodeName, nodeSelector, allNodes, perDeviceNodeSelection].filter((each) => each !== undefined).length;
  if (count === 0) report.required(PLACES);
  else if (count > 1) report.invalid("{...}", `${PLACES}, but multiple fields are set`);
}

function validateDevice({ name, attributes = {}, taints }: DeepReadonly<device.Device>, report: Report): void {
  requiredBy(name, dnsLabelErrors, report.at("name"));
  for (const [key, value] of Object.entries(attributes)) {
    const here = report.at("attributes", { key });
    const kinds = ATTRIBUTE_KINDS.filter((kind) => value[kind] !== undefined);
    if (kinds.length === 0) here.required("exactly one value must be specified");
    else if (kinds.length > 1) here.invalid(value, "exactly one value must be specified");
  }
  taints?.forEach(({ key, effect }, index) => {
    if (!key) report.at("taints", index, "key").required();
    if (!effect) report.at("taints", index, "effect").required();
  });
}

export function validateSlice(spec: Spec, previous: Spec | undefined, report: Report): void {
  validateDriver(spec.driver, report.at("driver"));
  const pool = report.at("pool");
  validatePoolName(spec.pool.name, pool.at("name"));
  const { resourceSliceCount, generation } = spec.pool;
  if ((numberOf(resourceSliceCount) ?? 0) <= 0)
    pool.at("resourceSliceCount").invalid(resourceSliceCount, "must be greater than zero");
  notNegative(generation, pool.at("generation"));
  validatePlace(spec, report);
  const names = new Set<string>();
  eachOf(spec.devices, MAX_DEVICES, report.at("devices"), (each, here) => {
    validateDevice(each, here);
    if (names.has(each.name)) here.duplicate(each.name);
    names.add(each.name);
  });
  eachOf(spec.sharedCounters, MAX_SHARED_COUNTERS, report.at("sharedCounters"), ({ name, counters }, here) => {
    requiredBy(name, dnsLabelErrors, here.at("name"));
    if (Object.keys(counters ?? {}).length === 0) here.at("counters").required();
    for (const key of Object.keys(counters ?? {})) follows(key, dnsLabelErrors, here.at("counters"));
  });
  if (!previous) return;
  for (const field of ["driver", "nodeName"] as const) immutable(spec[field], previous[field], report.at(field));
  immutable(spec.pool.name, previous.pool.name, pool.at("name"));
}
