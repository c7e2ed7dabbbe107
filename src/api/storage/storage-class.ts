/**
 * storage.k8s.io/v1 StorageClass: how volumes of a kind are made.
 * https://kubernetes.io/docs/concepts/storage/storage-classes/
 */

import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as generated from "../generated/storage-v1.ts";
import { qualifiedNameErrors } from "../names.ts";
import { oldLabelWarnings } from "../node-label-warnings.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { follows, immutable, oneOf, requiredOneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { validateParameters, validateProvisioner } from "./validation.ts";

export type StorageClass = generated.StorageClass;

const DEFAULT_CLASS_ANNOTATIONS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
] as const;

/** Where volumes may lie: each term other labels, each label and each value once. */
function validateTopologies(terms: readonly DeepReadonly<generated.TopologySelectorTerm>[] = [], report: Report): void {
  const seenTerms: unknown[] = [];
  terms.forEach((term, index) => {
    const { matchLabelExpressions = [] } = term;
    const keys = new Set<string>();
    const here = report.at(index, "matchLabelExpressions");
    matchLabelExpressions.forEach(({ key, values }, position) => {
      const place = here.at(position);
      if (!values?.length) place.at("values").required();
      (values ?? []).forEach((value, at) => {
        if (values?.indexOf(value) !== at) place.at("values", at).duplicate(value);
      });
      follows(key, qualifiedNameErrors, place.at("key"));
      if (keys.has(key)) place.at("key").duplicate(key);
      keys.add(key);
    });
    if (seenTerms.some((each) => deepEqual(each, term))) here.duplicate("");
    seenTerms.push(term);
  });
}

const strategy: Strategy<StorageClass> = {
  validate(storageClass, previous, report) {
    const { provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies } = storageClass;
    validateProvisioner(provisioner, report.at("provisioner"));
    validateParameters(parameters, report.at("parameters"));
    if (reclaimPolicy !== undefined) oneOf(reclaimPolicy, ["Delete", "Retain"], report.at("reclaimPolicy"));
    requiredOneOf(volumeBindingMode, ["Immediate", "WaitForFirstConsumer"], report.at("volumeBindingMode"));
    validateTopologies(allowedTopologies, report.at("allowedTopologies"));
    if (!previous) return;
    for (const field of ["parameters", "provisioner", "reclaimPolicy"] as const)
      if (!deepEqual(storageClass[field] ?? {}, previous[field] ?? {}))
        report.at(field).forbidden(`updates to ${field} are forbidden.`);
    immutable(volumeBindingMode, previous.volumeBindingMode, report.at("volumeBindingMode"));
  },

  warnings: ({ allowedTopologies = [] }) =>
    allowedTopologies.flatMap(({ matchLabelExpressions = [] }, index) =>
      matchLabelExpressions.flatMap(({ key }, at) =>
        oldLabelWarnings(key, `allowedTopologies[${index}].matchLabelExpressions[${at}].key`),
      ),
    ),

  unconditionalUpdate: true,

  default(storageClass) {
    storageClass.reclaimPolicy ??= "Delete";
    storageClass.volumeBindingMode ??= "Immediate";
  },
  columns: (storageClass) => {
    const { metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion } = storageClass;
    const isDefault = DEFAULT_CLASS_ANNOTATIONS.some((key) => metadata.annotations?.[key] === "true");
    return [
      isDefault ? `${metadata.name} (default)` : metadata.name,
      provisioner,
      reclaimPolicy ?? "Delete",
      volumeBindingMode ?? "Immediate",
      allowVolumeExpansion ?? false,
      ageOf(storageClass),
    ];
  },
};

export const StorageClass: Resource<StorageClass> = resource({ group: "storage.k8s.io", resource: "storageclasses" }, strategy);
