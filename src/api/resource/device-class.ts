/** resource.k8s.io/v1 DeviceClass. */
import type * as generated from "../generated/resource-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { nameAndAge } from "../table/cells.ts";

export type DeviceClass = generated.DeviceClass;

const strategy: Strategy<DeviceClass> = {
  columns: nameAndAge,
};

export const DeviceClass: Resource<DeviceClass> = resource({ group: "resource.k8s.io", resource: "deviceclasses" }, strategy);
