/** apiregistration.k8s.io/v1 APIService. */

import type { DeepReadonly } from "../../base/readonly.ts";
import { conditionOf } from "../conditions.ts";
import type * as generated from "../generated/apiregistration-v1.ts";
import { dns1035LabelErrors, dnsSubdomainErrors, pathSegmentErrors, portNumberErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { follows } from "../validation.ts";
import type { Report } from "../validation-report.ts";

export type APIService = generated.APIService;

const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1000;

function validateService({ namespace, name, port = 0 }: DeepReadonly<generated.ServiceReference>, report: Report): void {
  if (!namespace) report.at("namespace").required();
  if (!name) report.at("name").required();
  for (const complaint of portNumberErrors(port)) report.at("port").invalid(port, `port is not valid: ${complaint}`);
}

function validateAPIService(
  { metadata, spec }: DeepReadonly<APIService>,
  _previous: DeepReadonly<APIService> | undefined,
  report: Report,
): void {
  const { group = "", version = "", service, caBundle, insecureSkipTLSVerify } = spec;
  const here = report.at("spec");
  const name = `${version}.${group}`;
  if (metadata.name !== name)
    report.at("metadata", "name").invalid(metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`);
  if (group) follows(group, dnsSubdomainErrors, here.at("group"));
  follows(version, dns1035LabelErrors, here.at("version"));
  for (const [field, most] of [
    ["groupPriorityMinimum", MAX_GROUP_PRIORITY],
    ["versionPriority", MAX_VERSION_PRIORITY],
  ] as const)
    if (!(spec[field] > 0 && spec[field] <= most)) here.at(field).invalid(spec[field], `must be positive and less than ${most}`);
  if (service) validateService(service, here.at("service"));
  else if (caBundle?.length) here.at("caBundle").invalid(`${caBundle.length} bytes`, "local APIServices may not have a caBundle");
  if (!service && insecureSkipTLSVerify)
    here.at("insecureSkipTLSVerify").invalid(insecureSkipTLSVerify, "local APIServices may not have insecureSkipTLSVerify");
  if (service && insecureSkipTLSVerify && caBundle?.length)
    here.at("insecureSkipTLSVerify").invalid(insecureSkipTLSVerify, "may not be true if caBundle is present");
}

const strategy: Strategy<APIService> = {
  unconditionalUpdate: true,

  default({ spec }) {
    if (spec?.service) spec.service.port ??= 443;
  },

  validate: validateAPIService,

  /** `v1.` is the core group's. */
  nameErrors: (name) => pathSegmentErrors(name),

  /** What this server answers itself is available from the start. */
  prepareForCreate(service) {
    service.status = {};
    if (service.spec?.service) return;
    service.status.conditions = [
      {
        type: "Available",
        status: "True",
        lastTransitionTime: service.metadata.creationTimestamp,
        reason: "Local",
        message: "Local APIServices are always available",
      },
    ];
  },

  columns: (service) => {
    const reference = service.spec?.service;
    const available = conditionOf(service.status?.conditions, "Available");
    const { status = "Unknown", reason } = available ?? {};
    return [
      service.metadata.name,
      reference ? `${reference.namespace}/${reference.name}` : "Local",
      status === "True" || !reason ? status : `${status} (${reason})`,
      ageOf(service),
    ];
  },
};

export const APIService: Resource<APIService> = resource({ group: "apiregistration.k8s.io", resource: "apiservices" }, strategy);
