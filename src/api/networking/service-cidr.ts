/**
 * networking.k8s.io/v1 ServiceCIDR: a range of addresses for Services.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/service-cidr-v1/
 */

import { canonicalRangeErrors, parseRange } from "../addresses.ts";
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { follows, immutable } from "../validation.ts";
import type { Report } from "../validation-report.ts";

export type ServiceCIDR = generated.ServiceCIDR;

function validateRanges(cidrs: readonly string[], report: Report): void {
  if (cidrs.length === 0) return report.required("at least one CIDR required");
  if (cidrs.length > 2) report.invalid(cidrs, "may only hold up to 2 values");
  cidrs.forEach((cidr, index) => {
    follows(cidr, canonicalRangeErrors, report.at(index));
  });
  const families = cidrs.map((cidr) => parseRange(cidr)?.family);
  if (families.includes(undefined)) return;
  if (cidrs.length > 1 && new Set(families).size < 2)
    report.invalid(cidrs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96");
}

const strategy: Strategy<ServiceCIDR> = {
  validate({ spec }, previous, report) {
    const here = report.at("spec", "cidrs");
    const cidrs = spec.cidrs ?? [];
    validateRanges(cidrs, here);
    // A second family may be added; what is there stays.
    if (previous && (previous.spec.cidrs?.length ?? 0) > cidrs.length) immutable(cidrs, previous.spec.cidrs, here);
    else
      previous?.spec.cidrs?.forEach((cidr, index) => {
        immutable(cidrs[index], cidr, here.at(index));
      });
  },

  prepareForCreate(range) {
    range.status = {};
  },
  columns: (range) => [range.metadata.name, (range.spec?.cidrs ?? []).join(","), ageOf(range)],
};

export const ServiceCIDR: Resource<ServiceCIDR> = resource({ group: "networking.k8s.io", resource: "servicecidrs" }, strategy);
