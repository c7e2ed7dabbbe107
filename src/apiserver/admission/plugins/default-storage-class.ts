/**
 * DefaultStorageClass: a claim that names no class gets the newest default one.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaultstorageclass
 */
import { PersistentVolumeClaim } from "../../../api/core/persistent-volume-claim.ts";
import { StorageClass } from "../../../api/storage/storage-class.ts";
import type { AdmissionPlugin } from "../plugin.ts";
import { newestDefault } from "./newest-default.ts";

const IS_DEFAULT: readonly string[] = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];
const OLD_CLASS = "volume.beta.kubernetes.io/storage-class";

export const defaultStorageClass: AdmissionPlugin = {
  name: "DefaultStorageClass",
  handles: (operation, row, subresource) => row === PersistentVolumeClaim && operation === "CREATE" && subresource === "",
  mutate({ object }, { reader }) {
    const claim = object as PersistentVolumeClaim;
    // An empty class asks for a volume without one.
    if (claim.spec?.storageClassName != null || claim.metadata.annotations?.[OLD_CLASS] !== undefined) return;
    const name = newestDefault(reader.list(StorageClass), IS_DEFAULT);
    if (name !== undefined) claim.spec = { ...claim.spec, storageClassName: name };
  },
};
