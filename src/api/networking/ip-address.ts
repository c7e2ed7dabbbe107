/**
 * networking.k8s.io/v1 IPAddress: an address that is taken, and by whom.
 * https://kubernetes.io/docs/reference/kubernetes-api/network-resources/ip-address-v1/
 */

import type { DeepReadonly } from "../../base/readonly.ts";
import { canonicalAddressErrors } from "../addresses.ts";
import type * as generated from "../generated/networking-v1.ts";
import { dnsSubdomainErrors, pathSegmentErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { follows, immutable, requiredBy } from "../validation.ts";
import type { Report } from "../validation-report.ts";

export type IPAddress = generated.IPAddress;

function validateParent({ group, resource, namespace, name }: DeepReadonly<generated.ParentReference>, report: Report): void {
  if (group) follows(group, dnsSubdomainErrors, report.at("group"));
  requiredBy(resource, pathSegmentErrors, report.at("resource"));
  requiredBy(name, pathSegmentErrors, report.at("name"));
  if (namespace) follows(namespace, pathSegmentErrors, report.at("namespace"));
}

const strategy: Strategy<IPAddress> = {
  nameErrors: (name) => canonicalAddressErrors(name),

  validate({ spec }, previous, report) {
    const here = report.at("spec", "parentRef");
    if (spec.parentRef) validateParent(spec.parentRef, here);
    else here.required();
    if (previous) immutable(spec.parentRef, previous.spec.parentRef, here);
  },

  columns: ({ metadata, spec }) => {
    const { group, resource: plural, namespace, name } = spec?.parentRef ?? {};
    const kind = group ? `${plural}.${group}` : plural;
    return [metadata.name, [kind, namespace, name].filter(Boolean).join("/")];
  },
};

export const IPAddress: Resource<IPAddress> = resource({ group: "networking.k8s.io", resource: "ipaddresses" }, strategy);
