/**
 * Field errors that the kinds of device allocation share: drivers, selectors, configuration, requests.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as device from "../generated/resource-v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors, labelValueErrors, qualifiedNameErrors } from "../names.ts";
import { follows, oneOf, requiredBy, requiredOneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";

const MAX_DRIVER_NAME = 63;
const MAX_LIST = 32;
const MAX_ALTERNATIVES = 8;
const EFFECTS = ["NoExecute", "NoSchedule", "None"];

/** At most `maximum` entries, each looked at. */
export function eachOf<T>(
  list: readonly T[] | null | undefined,
  maximum: number,
  report: Report,
  validate: (item: T, report: Report) => void,
): void {
  if ((list?.length ?? 0) > maximum) report.tooMany(list?.length ?? 0, maximum);
  list?.forEach((item, index) => {
    validate(item, report.at(index));
  });
}

export function validateDriver(name: string | undefined, report: Report): void {
  if ((name?.length ?? 0) > MAX_DRIVER_NAME) report.tooLong(MAX_DRIVER_NAME);
  requiredBy(name, dnsSubdomainErrors, report);
}

/** Several DNS subdomains, separated by slashes. */
export function validatePoolName(name: string | undefined, report: Report): void {
  if (!name) return report.required();
  for (const part of name.split("/")) for (const complaint of dnsSubdomainErrors(part)) report.invalid(part, complaint);
}

export function validateSelectors(selectors: readonly DeepReadonly<device.DeviceSelector>[] | undefined, report: Report): void {
  eachOf(selectors, MAX_LIST, report, ({ cel }, here) => {
    if (!cel) here.at("cel").required();
    else if (!cel.expression) here.at("cel", "expression").required();
  });
}

export function validateOpaque(opaque: DeepReadonly<device.OpaqueDeviceConfiguration> | undefined, report: Report): void {
  if (!opaque) return report.required();
  validateDriver(opaque.driver, report.at("driver"));
  const { parameters } = opaque;
  if (parameters === undefined || parameters === null) report.at("parameters").required();
  else if (typeof parameters !== "object" || Array.isArray(parameters))
    report.at("parameters").invalid("<value omitted>", "must be a valid JSON object");
}

function validateToleration({ key = "", operator, value, effect }: DeepReadonly<device.DeviceToleration>, report: Report): void {
  if (key !== "") follows(key, qualifiedNameErrors, report.at("key"));
  requiredOneOf(operator, ["Equal", "Exists"], report.at("operator"));
  if (key === "" && operator !== "Exists")
    report.at("operator").invalid(operator, 'must be Exists when `key` is empty, which means "match all values and all keys"');
  if (operator === "Equal") follows(value ?? "", labelValueErrors, report.at("value"));
  else if (operator === "Exists" && value) report.at("value").invalid(value, "must be empty when `operator` is 'Exists'");
  if (effect) oneOf(effect, EFFECTS, report.at("effect"));
}

function validateRequestBody(request: DeepReadonly<device.ExactDeviceRequest | device.DeviceSubRequest>, report: Report): void {
  const { deviceClassName, selectors, allocationMode, count = 0, tolerations } = request;
  requiredBy(deviceClassName, dnsSubdomainErrors, report.at("deviceClassName"));
  validateSelectors(selectors, report.at("selectors"));
  requiredOneOf(allocationMode, ["All", "ExactCount"], report.at("allocationMode"));
  if (allocationMode === "ExactCount" && count <= 0) report.at("count").invalid(count, "must be greater than zero");
  if (allocationMode === "All" && count !== 0)
    report.at("count").invalid(count, 'must not be specified when allocationMode is "All"');
  eachOf(tolerations, MAX_LIST, report.at("tolerations"), validateToleration);
}

function validateRequest(request: DeepReadonly<device.DeviceRequest>, report: Report): void {
  const { name, exactly, firstAvailable = [] } = request;
  requiredBy(name, dnsLabelErrors, report.at("name"));
  if (exactly && firstAvailable.length > 0)
    report.invalid(request, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set");
  else if (!exactly && firstAvailable.length === 0) report.required("exactly one of `exactly` or `firstAvailable` is required");
  if (exactly) validateRequestBody(exactly, report.at("exactly"));
  const names = new Set<string>();
  eachOf(firstAvailable, MAX_ALTERNATIVES, report.at("firstAvailable"), (alternative, here) => {
    requiredBy(alternative.name, dnsLabelErrors, here.at("name"));
    if (names.has(alternative.name)) here.duplicate(alternative.name);
    names.add(alternative.name);
    validateRequestBody(alternative, here);
  });
}

/** The names by which constraints and configuration refer to requests: `request`, or `request/alternative`. */
const namesOf = (requests: readonly DeepReadonly<device.DeviceRequest>[]): ReadonlySet<string> =>
  new Set(
    requests.flatMap(({ name, firstAvailable = [] }) => [
      name,
      ...firstAvailable.map((alternative) => `${name}/${alternative.name}`),
    ]),
  );

function validateReferences(names: readonly string[] | undefined, known: ReadonlySet<string>, report: Report): void {
  const seen = new Set<string>();
  eachOf(names, MAX_LIST, report, (name, here) => {
    if (!known.has(name))
      here.invalid(name, "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'");
    if (seen.has(name)) here.duplicate(name);
    seen.add(name);
  });
}

export function validateClaim({ requests, constraints, config }: DeepReadonly<device.DeviceClaim>, report: Report): void {
  const seen = new Set<string>();
  eachOf(requests, MAX_LIST, report.at("requests"), (request, here) => {
    validateRequest(request, here);
    if (seen.has(request.name)) here.duplicate(request.name);
    seen.add(request.name);
  });
  const known = namesOf(requests ?? []);
  eachOf(constraints, MAX_LIST, report.at("constraints"), ({ requests: names, matchAttribute, distinctAttribute }, here) => {
    validateReferences(names, known, here.at("requests"));
    if (matchAttribute === undefined && distinctAttribute === undefined)
      here.required("exactly one of matchAttribute or distinctAttribute is required");
    else if (matchAttribute !== undefined) requiredBy(matchAttribute, attributeErrors, here.at("matchAttribute"));
  });
  eachOf(config, MAX_LIST, report.at("config"), ({ requests: names, opaque }, here) => {
    validateReferences(names, known, here.at("requests"));
    validateOpaque(opaque, here.at("opaque"));
  });
}

/** `domain/identifier`. */
function attributeErrors(name: string): string[] {
  const [domain = "", identifier, more] = name.split("/");
  if (identifier === undefined || more !== undefined) return ["must include a domain"];
  const errors = dnsSubdomainErrors(domain).map((error) => error);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(identifier))
    errors.push(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')",
    );
  return errors;
}

type Defaulted = device.ExactDeviceRequest | device.DeviceSubRequest;

function defaultRequest(request: Defaulted): void {
  if (!request.allocationMode) request.allocationMode = "ExactCount";
  if (request.allocationMode === "ExactCount" && !request.count) request.count = 1;
  for (const toleration of request.tolerations ?? []) if (!toleration.operator) toleration.operator = "Equal";
}

/** One device of the class, unless the request says more. */
export function defaultClaim({ requests }: device.DeviceClaim): void {
  for (const { exactly, firstAvailable } of requests ?? []) {
    if (exactly) defaultRequest(exactly);
    for (const alternative of firstAvailable ?? []) defaultRequest(alternative);
  }
}
