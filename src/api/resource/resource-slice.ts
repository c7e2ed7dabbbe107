/**
 * resource.k8s.io/v1 ResourceSlice: devices that a driver offers.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/resource-slice-v1/
 */
import type * as generated from "../generated/resource-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { validateSlice } from "./resource-slice-validation.ts";

export type ResourceSlice = generated.ResourceSlice;

const strategy: Strategy<ResourceSlice> = {
  hasGeneration: true,
  unconditionalUpdate: true,
  validate: ({ spec }, previous, report) => validateSlice(spec, previous?.spec, report.at("spec")),
  warnings: ({ spec: { driver } }) =>
    driver === driver.toLowerCase()
      ? []
      : [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`],
  selectableFields: ({ spec }) => ({ "spec.nodeName": spec.nodeName ?? "", "spec.driver": spec.driver }),

  columns: (slice) => {
    const { nodeName = "", driver = "", pool } = slice.spec ?? {};
    return [slice.metadata.name, nodeName, driver, pool?.name ?? "", ageOf(slice)];
  },
};

export const ResourceSlice: Resource<ResourceSlice> = resource(
  { group: "resource.k8s.io", resource: "resourceslices" },
  strategy,
);
