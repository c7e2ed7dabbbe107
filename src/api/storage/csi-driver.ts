/** storage.k8s.io/v1 CSIDriver. */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, NONE, UNSET } from "../table/cells.ts";

export type CSIDriver = generated.CSIDriver;

const strategy: Strategy<CSIDriver> = {
  columns: (driver) => {
    const { spec } = driver;
    return [
      driver.metadata.name,
      spec?.attachRequired ?? true,
      spec?.podInfoOnMount ?? false,
      spec?.storageCapacity ?? false,
      spec?.tokenRequests ? spec.tokenRequests.map(({ audience }) => audience).join(",") : UNSET,
      spec?.requiresRepublish ?? false,
      (spec?.volumeLifecycleModes ?? []).join(",") || NONE,
      ageOf(driver),
    ];
  },
};

export const CSIDriver: Resource<CSIDriver> = resource({ group: "storage.k8s.io", resource: "csidrivers" }, strategy);
