/**
 * Field errors of an Ingress and of what it points to.
 * https://kubernetes.io/docs/concepts/services-networking/ingress/
 */

import type { DeepReadonly } from "../../base/readonly.ts";
import { ipErrors, isAddress } from "../addresses.ts";
import type * as networking from "../generated/networking-v1.ts";
import {
  dnsLabelErrors,
  dnsSubdomainErrors,
  pathSegmentErrors,
  portNameErrors,
  portNumberErrors,
  wildcardSubdomainErrors,
} from "../names.ts";
import { follows } from "../validation.ts";
import type { Report } from "../validation-report.ts";

type Ingress = DeepReadonly<networking.Ingress>;
type Backend = DeepReadonly<networking.IngressBackend>;

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];
const BAD_SEQUENCES = ["//", "/./", "/../", "%2f", "%2F"];
const BAD_ENDINGS = ["/..", "/."];
const NOT_AN_ADDRESS = "must be a DNS name, not an IP address";

interface Reference {
  apiGroup?: string | null;
  kind: string;
  name: string;
}

/** A reference to an object of some kind: a backend that is no Service, or the parameters of a class. */
export function validateReference({ apiGroup, kind, name }: DeepReadonly<Reference>, report: Report): void {
  if (typeof apiGroup === "string") follows(apiGroup, dnsSubdomainErrors, report.at("apiGroup"));
  for (const [field, text] of Object.entries({ kind, name })) {
    if (!text) report.at(field).required(`${field} is required`);
    else follows(text, pathSegmentErrors, report.at(field));
  }
}

function validateServiceBackend({ name, port }: DeepReadonly<networking.IngressServiceBackend>, report: Report): void {
  const service = report.at("service");
  if (!name) service.at("name").required();
  else follows(name, dnsLabelErrors, service.at("name"));
  if (port.name && port.number) report.invalid("", "cannot set both port name & port number");
  else if (port.name) follows(port.name, portNameErrors, service.at("port", "name"));
  else if (port.number) {
    for (const complaint of portNumberErrors(port.number)) service.at("port", "number").invalid(port.number, complaint);
  } else report.required("port name or number is required");
}

function validateBackend({ resource, service }: Backend, report: Report): void {
  if (resource && service) report.invalid("", "cannot set both resource and service backends");
  else if (resource) validateReference(resource, report.at("resource"));
  else if (service) validateServiceBackend(service, report);
  else report.invalid("", "resource or service backend is required");
}

function validatePath({ path = "", pathType, backend }: DeepReadonly<networking.HTTPIngressPath>, report: Report): void {
  if (pathType === undefined || pathType === null) return report.at("pathType").required("pathType must be specified");
  const here = report.at("path");
  if (!PATH_TYPES.includes(pathType)) report.at("pathType").notSupported(pathType, PATH_TYPES);
  else if (!path.startsWith("/") && (path !== "" || pathType !== "ImplementationSpecific"))
    here.invalid(path, "must be an absolute path");
  if (pathType === "Exact" || pathType === "Prefix") {
    for (const sequence of BAD_SEQUENCES) if (path.includes(sequence)) here.invalid(path, `must not contain '${sequence}'`);
    for (const ending of BAD_ENDINGS) if (path.endsWith(ending)) here.invalid(path, `cannot end with '${ending}'`);
  }
  validateBackend(backend, report.at("backend"));
}

const hostErrors = (host: string): string[] => (host.includes("*") ? wildcardSubdomainErrors(host) : dnsSubdomainErrors(host));

function validateRule({ host, http }: DeepReadonly<networking.IngressRule>, report: Report): void {
  if (host) {
    if (isAddress(host)) report.at("host").invalid(host, NOT_AN_ADDRESS);
    follows(host, hostErrors, report.at("host"));
  }
  if (!http) return;
  const paths = report.at("http", "paths");
  if (!http.paths?.length) return paths.required();
  http.paths.forEach((path, index) => {
    validatePath(path, paths.at(index));
  });
}

export function validateIngress({ metadata, spec }: Ingress, previous: Ingress | undefined, report: Report): void {
  const here = report.at("spec");
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  if (rules.length === 0 && !defaultBackend) here.invalid(rules, "either `defaultBackend` or `rules` must be specified");
  if (defaultBackend) validateBackend(defaultBackend, here.at("defaultBackend"));
  rules.forEach((rule, index) => {
    validateRule(rule, here.at("rules", index));
  });
  tls.forEach(({ hosts, secretName }, index) => {
    hosts?.forEach((host, position) => {
      follows(host, hostErrors, here.at("tls", index, "hosts", position));
    });
    if (secretName) follows(secretName, dnsSubdomainErrors, here.at("tls", index, "secretName"));
  });
  if (ingressClassName !== undefined) follows(ingressClassName, dnsSubdomainErrors, here.at("ingressClassName"));
  const annotation = metadata.annotations?.[CLASS_ANNOTATION];
  if (previous === undefined && annotation !== undefined && ingressClassName !== undefined && annotation !== ingressClassName)
    report.at("annotations", CLASS_ANNOTATION).invalid(annotation, "must match `ingressClassName` when both are specified");
}

export function validateIngressStatus({ status }: Ingress, report: Report): void {
  status.loadBalancer.ingress?.forEach(({ ip, hostname }, index) => {
    const here = report.at("status", "loadBalancer", "ingress", index);
    if (ip) follows(ip, ipErrors, here.at("ip"));
    if (!hostname) return;
    follows(hostname, dnsSubdomainErrors, here.at("hostname"));
    if (isAddress(hostname)) here.at("hostname").invalid(hostname, NOT_AN_ADDRESS);
  });
}
