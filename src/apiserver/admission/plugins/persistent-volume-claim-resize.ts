/**
 * PersistentVolumeClaimResize: a bound claim grows only where its class allows it.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#persistentvolumeclaimresize
 */
import { PersistentVolumeClaim } from "../../../api/core/persistent-volume-claim.ts";
import { compareQuantities } from "../../../api/quantity.ts";
import { StorageClass } from "../../../api/storage/storage-class.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { AdmissionPlugin } from "../plugin.ts";
import { refusal } from "../refusal.ts";

type Claim = DeepReadonly<PersistentVolumeClaim>;

const sizeOf = ({ spec }: Claim): string => spec?.resources?.requests?.storage ?? "0";

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: "PersistentVolumeClaimResize",
  handles: (operation, row, subresource) => row === PersistentVolumeClaim && operation === "UPDATE" && subresource === "",
  validate(request, { reader }) {
    const claim = request.object as PersistentVolumeClaim;
    const before = request.old as Claim;
    if (compareQuantities(sizeOf(claim), sizeOf(before)) <= 0) return;
    if (before.status?.phase !== "Bound") throw refusal(request, "Only bound persistent volume claims can be expanded");
    const name = claim.metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? claim.spec?.storageClassName ?? "";
    const found = name === "" ? undefined : (reader.get(StorageClass, "", name) as DeepReadonly<StorageClass> | undefined);
    if (!found?.allowVolumeExpansion)
      throw refusal(
        request,
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
      );
  },
};
