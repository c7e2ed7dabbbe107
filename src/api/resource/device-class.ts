/**
 * resource.k8s.io/v1 DeviceClass: devices that are alike, by name.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import type * as generated from "../generated/resource-v1.ts";
import { qualifiedNameErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { nameAndAge } from "../table/cells.ts";
import { follows } from "../validation.ts";
import { eachOf, validateOpaque, validateSelectors } from "./device-validation.ts";

export type DeviceClass = generated.DeviceClass;

const MAX_CONFIGURATIONS = 32;

const strategy: Strategy<DeviceClass> = {
  hasGeneration: true,
  unconditionalUpdate: true,

  validate({ spec }, _previous, report) {
    const here = report.at("spec");
    validateSelectors(spec.selectors, here.at("selectors"));
    eachOf(spec.config, MAX_CONFIGURATIONS, here.at("config"), ({ opaque }, place) => validateOpaque(opaque, place.at("opaque")));
    if (spec.extendedResourceName !== undefined)
      follows(spec.extendedResourceName, qualifiedNameErrors, here.at("extendedResourceName"));
  },

  columns: nameAndAge,
};

export const DeviceClass: Resource<DeviceClass> = resource({ group: "resource.k8s.io", resource: "deviceclasses" }, strategy);
