/**
 * storage.k8s.io/v1 CSIDriver: what a driver of volumes can do, and needs.
 * https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/csi-driver-v1/
 */
import { deepEqual } from "../../base/deep-equal.ts";
import type * as generated from "../generated/storage-v1.ts";
import { numberOf } from "../integer.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, NONE, UNSET } from "../table/cells.ts";
import { immutable, oneOf } from "../validation.ts";
import { validateDriverName } from "./validation.ts";

export type CSIDriver = generated.CSIDriver;

const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

const TOKENS_SHOWN =
  "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes";

const strategy: Strategy<CSIDriver> = {
  hasGeneration: true,
  firstGeneration: 0,

  default({ spec }) {
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ["Persistent"];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },

  validate({ metadata, spec }, previous, report) {
    const here = report.at("spec");
    if (previous === undefined) validateDriverName(metadata.name, report.at("metadata", "name"));
    if (spec.attachRequired === undefined) here.at("attachedRequired").required();
    if (spec.podInfoOnMount === undefined) here.at("podInfoOnMount").required();
    if (spec.storageCapacity === undefined) here.at("storageCapacity").required();
    if (spec.fsGroupPolicy !== undefined)
      oneOf(spec.fsGroupPolicy, ["File", "None", "ReadWriteOnceWithFSType"], here.at("fsGroupPolicy"));
    const audiences = new Set<string>();
    spec.tokenRequests?.forEach(({ audience, expirationSeconds }, index) => {
      const place = here.at("tokenRequests", index);
      if (audiences.has(audience)) place.at("audience").duplicate(audience);
      audiences.add(audience);
      const seconds = numberOf(expirationSeconds);
      if (seconds !== undefined && seconds < MIN_TOKEN_SECONDS)
        place.at("expirationSeconds").invalid(expirationSeconds, "may not specify a duration less than 10 minutes");
      if (seconds !== undefined && seconds > MAX_TOKEN_SECONDS)
        place.at("expirationSeconds").invalid(expirationSeconds, "may not specify a duration larger than 2^32 seconds");
    });
    for (const mode of spec.volumeLifecycleModes ?? []) oneOf(mode, ["Ephemeral", "Persistent"], here.at("volumeLifecycleModes"));
    if (!previous) return;
    immutable(spec.attachRequired, previous.spec.attachRequired, here.at("attachedRequired"));
    immutable(spec.volumeLifecycleModes, previous.spec.volumeLifecycleModes, here.at("volumeLifecycleModes"));
  },

  warnings({ spec }, previous) {
    if (!spec.tokenRequests?.length || spec.serviceAccountTokenInSecrets !== undefined) return [];
    return deepEqual(spec.tokenRequests, previous?.spec.tokenRequests) ? [] : [TOKENS_SHOWN];
  },

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
