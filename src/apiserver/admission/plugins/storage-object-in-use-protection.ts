/**
 * StorageObjectInUseProtection: volumes, claims and volume attributes classes stay while they are used. The finalizer is taken off
 * by the controller that sees that they are not.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#storageobjectinuseprotection
 */
import { PersistentVolume } from "../../../api/core/persistent-volume.ts";
import { PersistentVolumeClaim } from "../../../api/core/persistent-volume-claim.ts";
import type { AnyResource } from "../../../api/row.ts";
import { VolumeAttributesClass } from "../../../api/storage/volume-attributes-class.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const FINALIZERS: ReadonlyMap<AnyResource, string> = new Map<AnyResource, string>([
  [PersistentVolume, "kubernetes.io/pv-protection"],
  [PersistentVolumeClaim, "kubernetes.io/pvc-protection"],
  [VolumeAttributesClass, "kubernetes.io/vac-protection"],
]);

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  handles: (operation, row, subresource) => FINALIZERS.has(row) && operation === "CREATE" && subresource === "",
  mutate({ row, object }) {
    const finalizer = FINALIZERS.get(row);
    const metadata = object?.metadata;
    if (finalizer === undefined || metadata === undefined || metadata.finalizers?.includes(finalizer)) return;
    metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};
