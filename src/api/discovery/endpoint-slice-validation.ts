/**
 * Field errors of an EndpointSlice.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import { parseAddress, specialAddressErrors } from "../addresses.ts";
import type * as discovery from "../generated/discovery-v1.ts";
import { validateLabels } from "../meta-validation.ts";
import { dnsLabelErrors, dnsSubdomainErrors, qualifiedNameErrors } from "../names.ts";
import { follows, immutable, oneOf, requiredOneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];
const MAX_ENDPOINTS = 1000;
const MAX_PORTS = 20_000;
const MAX_ADDRESSES = 100;
const MAX_TOPOLOGY_LABELS = 16;
const MAX_HINTS = 8;

function validateAddress(address: string, index: number, type: string, report: Report): void {
  if (type === "FQDN") {
    follows(address, dnsSubdomainErrors, report.at(index));
    if (!address.includes("."))
      report.at(index).invalid(address, "should be a domain with at least two segments separated by dots");
    return;
  }
  if (type !== "IPv4" && type !== "IPv6") return;
  const parsed = parseAddress(address);
  if (parsed?.family !== type) report.at(index).invalid(address, `must be an ${type} address`);
  if (parsed) follows(address, specialAddressErrors, report);
}

/** Names of zones or nodes, each once. */
function validateHints(hints: readonly { readonly name: string }[] = [], rule: (text: string) => string[], report: Report): void {
  if (hints.length > MAX_HINTS) return report.tooMany(hints.length, MAX_HINTS);
  const seen = new Set<string>();
  hints.forEach(({ name }, index) => {
    const here = report.at(index, "name");
    if (seen.has(name)) here.duplicate(name);
    seen.add(name);
    follows(name, rule, here);
  });
}

function validateEndpoint(endpoint: DeepReadonly<discovery.Endpoint>, type: string, report: Report): void {
  const { addresses = [], nodeName, hostname, deprecatedTopology = {}, hints } = endpoint;
  const here = report.at("addresses");
  if (!addresses?.length) here.required("must contain at least 1 address");
  else if (addresses.length > MAX_ADDRESSES) here.tooMany(addresses.length, MAX_ADDRESSES);
  addresses?.forEach((address, index) => {
    validateAddress(address, index, type, here);
  });
  if (nodeName !== undefined) follows(nodeName, dnsSubdomainErrors, report.at("nodeName"));
  const labels = Object.keys(deprecatedTopology).length;
  if (labels > MAX_TOPOLOGY_LABELS) report.at("deprecatedTopology").tooMany(labels, MAX_TOPOLOGY_LABELS);
  validateLabels(deprecatedTopology, report.at("deprecatedTopology"));
  if (hostname !== undefined) follows(hostname, dnsLabelErrors, report.at("hostname"));
  validateHints(hints?.forZones, qualifiedNameErrors, report.at("hints", "forZones"));
  validateHints(hints?.forNodes, dnsSubdomainErrors, report.at("hints", "forNodes"));
}

function validatePorts(ports: readonly DeepReadonly<discovery.EndpointPort>[], report: Report): void {
  if (ports.length > MAX_PORTS) return report.tooMany(ports.length, MAX_PORTS);
  const names = new Set<string>();
  ports.forEach(({ name = "", protocol, appProtocol }, index) => {
    const here = report.at(index);
    if (name !== "") follows(name, dnsLabelErrors, here.at("name"));
    if (names.has(name)) here.at("name").duplicate(name);
    names.add(name);
    requiredOneOf(protocol, ["SCTP", "TCP", "UDP"], here.at("protocol"));
    if (appProtocol !== undefined) follows(appProtocol, qualifiedNameErrors, here.at("appProtocol"));
  });
}

export function validateEndpointSlice(
  slice: DeepReadonly<discovery.EndpointSlice>,
  previous: DeepReadonly<discovery.EndpointSlice> | undefined,
  report: Report,
): void {
  const { addressType, endpoints, ports } = slice;
  if (!addressType) report.at("addressType").required();
  else oneOf(addressType, ADDRESS_TYPES, report.at("addressType"));
  const count = endpoints?.length ?? 0;
  if (count > MAX_ENDPOINTS) report.at("endpoints").tooMany(count, MAX_ENDPOINTS);
  else
    endpoints?.forEach((endpoint, index) => {
      validateEndpoint(endpoint, addressType, report.at("endpoints", index));
    });
  validatePorts(ports ?? [], report.at("ports"));
  if (previous) immutable(addressType, previous.addressType, report.at("addressType"));
}
