/**
 * v1 Endpoints: the addresses behind a Service, in the older form.
 * https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoints-v1/
 */

import type { DeepReadonly } from "../../base/readonly.ts";
import { addressWarnings, ipErrors, specialAddressErrors } from "../addresses.ts";
import type * as generated from "../generated/core-v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors, portNumberErrors, qualifiedNameErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, firstOf, NONE } from "../table/cells.ts";
import { follows, requiredOneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";

export type Endpoints = generated.Endpoints;

/** Each ready address with each port; alone where a headless Service has no ports. */
function formatSubset({ addresses = [], ports = [] }: DeepReadonly<generated.EndpointSubset>): string[] {
  if (ports.length === 0) return addresses.map(({ ip }) => ip);
  return ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip.includes(":") ? `[${ip}]` : ip}:${port}`));
}

function validateAddress({ ip, hostname, nodeName }: DeepReadonly<generated.EndpointAddress>, report: Report): void {
  follows(ip, ipErrors, report.at("ip"));
  follows(ip, specialAddressErrors, report.at("ip"));
  if (hostname) follows(hostname, dnsLabelErrors, report.at("hostname"));
  if (nodeName !== undefined) follows(nodeName, dnsSubdomainErrors, report.at("nodeName"));
}

function validatePort(port: DeepReadonly<generated.EndpointPort>, needsName: boolean, report: Report): void {
  if (port.name) follows(port.name, dnsLabelErrors, report.at("name"));
  else if (needsName) report.at("name").required();
  for (const complaint of portNumberErrors(port.port)) report.at("port").invalid(port.port, complaint);
  requiredOneOf(port.protocol, ["SCTP", "TCP", "UDP"], report.at("protocol"));
  if (port.appProtocol !== undefined) follows(port.appProtocol, qualifiedNameErrors, report.at("appProtocol"));
}

function validateSubset(subset: DeepReadonly<generated.EndpointSubset>, report: Report): void {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  if (addresses.length === 0 && notReadyAddresses.length === 0)
    report.required("must specify `addresses` or `notReadyAddresses`");
  for (const [field, list] of Object.entries({ addresses, notReadyAddresses }))
    list.forEach((address, index) => {
      validateAddress(address, report.at(field, index));
    });
  ports.forEach((port, index) => {
    validatePort(port, ports.length > 1, report.at("ports", index));
  });
}

const MANAGED_BY = "endpoints.kubernetes.io/managed-by";

const strategy: Strategy<Endpoints> = {
  unconditionalUpdate: true,
  createOnUpdate: true,

  default({ subsets }) {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) if (!port.protocol) port.protocol = "TCP";
  },

  validate({ subsets }, _previous, report) {
    subsets?.forEach((subset, index) => {
      validateSubset(subset, report.at("subsets", index));
    });
  },

  warnings: ({ metadata, subsets = [] }) =>
    metadata.labels?.[MANAGED_BY] === "endpoint-controller"
      ? []
      : subsets.flatMap(({ addresses = [], notReadyAddresses = [] }, index) => [
          ...addresses.flatMap(({ ip }, at) => addressWarnings(ip, `subsets[${index}].addresses[${at}].ip`)),
          ...notReadyAddresses.flatMap(({ ip }, at) => addressWarnings(ip, `subsets[${index}].notReadyAddresses[${at}].ip`)),
        ]),

  columns: (endpoints) => {
    const addresses = (endpoints.subsets ?? []).flatMap(formatSubset);
    return [endpoints.metadata.name, endpoints.subsets === undefined ? NONE : firstOf(addresses, 3), ageOf(endpoints)];
  },
};

export const Endpoints: Resource<Endpoints> = resource({ group: "", resource: "endpoints" }, strategy);
