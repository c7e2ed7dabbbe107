/** apiregistration.k8s.io/v1 APIService. */
import type * as generated from "../generated/apiregistration-v1.ts";
import { pathSegmentErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type APIService = generated.APIService;

const strategy: Strategy<APIService> = {
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
    const available = service.status?.conditions?.find(({ type }) => type === "Available");
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
