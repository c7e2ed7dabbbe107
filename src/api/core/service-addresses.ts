/**
 * Field errors of the cluster addresses of a Service and their families: the server checks them before it allocates.
 * https://kubernetes.io/docs/concepts/services-networking/dual-stack/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import { ipErrors, parseAddress } from "../addresses.ts";
import type { Service } from "../generated/core-v1.ts";
import { follows, oneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";

type Spec = DeepReadonly<Service["spec"]>;

const FAMILIES = ["IPv4", "IPv6"];
const FAMILY_POLICIES = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const HEADLESS = "None";

export const isHeadless = ({ clusterIP, clusterIPs }: Spec): boolean =>
  (clusterIPs?.length === 1 && clusterIPs[0] === HEADLESS) || clusterIP === HEADLESS;

function validateFamilies({ ipFamilies = [], ipFamilyPolicy }: Spec, report: Report): void {
  const seen = new Set<string>();
  ipFamilies.forEach((family, index) => {
    const here = report.at("ipFamilies", index);
    oneOf(family, FAMILIES, here);
    if (seen.has(family)) here.duplicate(family);
    seen.add(family);
  });
  if (ipFamilyPolicy !== undefined) oneOf(ipFamilyPolicy, FAMILY_POLICIES, report.at("ipFamilyPolicy"));
}

/** `clusterIP` is the first of `clusterIPs`. */
function validateAgreement({ clusterIP, clusterIPs = [] }: Spec, report: Report): void {
  if (!clusterIP) {
    if (clusterIPs.length > 0) report.invalid(clusterIPs, "must be empty when `clusterIP` is not specified");
  } else if (clusterIPs.length === 0) report.required();
  else if (clusterIPs[0] !== clusterIP) report.invalid(clusterIPs, "first value must match `clusterIP`");
}

export function validateClusterIps(spec: Spec, report: Report): void {
  if (spec.type === "ExternalName") return;
  const before = report.errors;
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const here = report.at("clusterIPs");
  validateAgreement(spec, here);
  validateFamilies(spec, report);
  const beforeAddresses = report.errors;
  clusterIPs.forEach((address, index) => {
    if (index > 0 || address !== HEADLESS) follows(address, ipErrors, here.at(index));
    else if (clusterIPs.length > 1) here.invalid(clusterIPs, "'None' must be the first and only value");
  });
  const malformed = report.errors > beforeAddresses;
  if (clusterIPs.length > 2) here.invalid(clusterIPs, "may only hold up to 2 values");
  if (malformed) return;
  const families = clusterIPs.map((address) => parseAddress(address)?.family);
  if (clusterIPs.length > 1 && new Set(families).size < 2)
    here.invalid(clusterIPs, "may specify no more than one IP for each IP family");
  if (isHeadless(spec) || report.errors > before) return;
  families.forEach((family, index) => {
    const wanted = ipFamilies[index];
    if (wanted !== undefined && family !== wanted)
      here.at(index).invalid(clusterIPs[index], `expected an ${wanted} value as indicated by \`ipFamilies[${index}]\``);
  });
}

/** The first address and family stay; a second one may come and go. */
export function validateClusterIpChange(spec: Spec, previous: Spec, report: Report): void {
  if (spec.type === "ExternalName" || previous.type === "ExternalName") return;
  for (const field of ["clusterIPs", "ipFamilies"] as const) {
    const [before] = previous[field] ?? [];
    if (before !== undefined && spec[field]?.[0] !== before)
      report.at(field, 0).invalid(spec[field] ?? null, "may not change once set");
  }
}
