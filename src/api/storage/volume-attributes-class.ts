/**
 * storage.k8s.io/v1 VolumeAttributesClass: attributes that a volume may change while it is in use.
 * https://kubernetes.io/docs/concepts/storage/volume-attributes-classes/
 */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { immutable } from "../validation.ts";
import { validateParameters, validateProvisioner } from "./validation.ts";

export type VolumeAttributesClass = generated.VolumeAttributesClass;

const strategy: Strategy<VolumeAttributesClass> = {
  unconditionalUpdate: true,

  validate({ driverName, parameters }, previous, report) {
    validateProvisioner(driverName, report.at("driverName"));
    if (Object.keys(parameters ?? {}).length === 0) report.at("parameters").required("must contain at least one key/value pair");
    validateParameters(parameters, report.at("parameters"));
    if (!previous) return;
    immutable(driverName, previous.driverName, report.at("driverName"));
    immutable(parameters, previous.parameters, report.at("parameters"));
  },

  columns: (attributes) => [attributes.metadata.name, attributes.driverName, ageOf(attributes)],
};

export const VolumeAttributesClass: Resource<VolumeAttributesClass> = resource(
  { group: "storage.k8s.io", resource: "volumeattributesclasses" },
  strategy,
);
