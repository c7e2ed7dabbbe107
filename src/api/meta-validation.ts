/**
 * Validation of metadata, the same for every kind: names, labels, annotations, owners, finalizers, and what may not change.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
 */
import type { DeepReadonly } from "../base/readonly.ts";
import type { ObjectMeta, OwnerReference } from "./generated/shared.ts";
import type { KubernetesObject } from "./meta.ts";
import { dnsLabelErrors, dnsSubdomainErrors, labelValueErrors, prefixErrors, qualifiedNameErrors } from "./names.ts";
import type { AnyResource } from "./row.ts";
import type { Report } from "./validation-report.ts";

const MAX_ANNOTATIONS_BYTES = 262_144;

const IMMUTABLE = "field is immutable";
const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(["kubernetes", "orphan", "foregroundDeletion"]);
const UNQUALIFIED_FINALIZER = "name is neither a standard finalizer name nor is it fully qualified";

type Meta = DeepReadonly<ObjectMeta>;

/** The complaints about a name, by the rule of the resource. */
function nameErrors(row: AnyResource, name: string, prefix: boolean): string[] {
  const rule = row.strategy.nameErrors;
  if (rule !== undefined) return rule(name, prefix);
  return prefix ? prefixErrors(name, dnsSubdomainErrors) : dnsSubdomainErrors(name);
}

/** Metadata of an object that is about to be created. */
export function validateMetadata(row: AnyResource, object: DeepReadonly<KubernetesObject>, report: Report): void {
  const meta = object.metadata as Meta;
  const here = report.at("metadata");
  if (meta.generateName) {
    for (const error of nameErrors(row, meta.generateName, true)) here.at("generateName").invalid(meta.generateName, error);
  }
  if (!meta.name) here.at("name").required("name or generateName is required");
  else for (const error of nameErrors(row, meta.name, false)) here.at("name").invalid(meta.name, error);
  validateNamespace(row, meta, here.at("namespace"));
  validateRest(row, meta, here);
}

function validateNamespace(row: AnyResource, { namespace }: Meta, report: Report): void {
  if (!row.namespaced) {
    if (namespace) report.forbidden("not allowed on this type");
  } else if (!namespace) report.required();
  else for (const error of dnsLabelErrors(namespace)) report.invalid(namespace, error);
}

function validateRest(row: AnyResource, meta: Meta, here: Report): void {
  if ((meta.generation ?? 0) < 0) here.at("generation").invalid(meta.generation, "must be greater than or equal to 0");
  validateLabels(meta.labels, here.at("labels"));
  validateAnnotations(meta.annotations, here.at("annotations"));
  validateOwnerReferences(meta.ownerReferences, here.at("ownerReferences"));
  validateFinalizers(row, meta.finalizers, here.at("finalizers"));
}

/** Labels wherever they stand: metadata, Pod templates, selectors. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, report: Report): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const error of qualifiedNameErrors(key)) report.invalid(key, error);
    for (const error of labelValueErrors(value)) report.invalid(value, error);
  }
}

function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, report: Report): void {
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    // The case of an annotation's key is free, also in its prefix.
    for (const error of qualifiedNameErrors(key.toLowerCase())) report.invalid(key, error);
    size += utf8Length(key) + utf8Length(value);
  }
  if (size > MAX_ANNOTATIONS_BYTES) report.tooLong(MAX_ANNOTATIONS_BYTES);
}

function utf8Length(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code >= 0xd800 && code < 0xe000 ? 2 : 3;
  }
  return length;
}

/** As Go shows it: its fields in the order of its type. */
function inOrder({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }: DeepReadonly<OwnerReference>): object {
  return { apiVersion, kind, name, uid, controller, blockOwnerDeletion };
}

function validateOwnerReferences(owners: readonly DeepReadonly<OwnerReference>[] | undefined, report: Report): void {
  let controller: string | undefined;
  for (const owner of owners ?? []) {
    validateOwnerReference(owner, report);
    if (owner.controller !== true) continue;
    if (controller !== undefined)
      report.invalid(
        owners?.map(inOrder),
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.kind}/${owner.name}`,
      );
    controller ??= `${owner.kind}/${owner.name}`;
  }
}

function validateOwnerReference(owner: DeepReadonly<OwnerReference>, report: Report): void {
  const { apiVersion, kind, name, uid } = owner;
  const parts = apiVersion.split("/");
  if (apiVersion === "") report.at("apiVersion").invalid(apiVersion, "version must not be empty");
  else if (parts.length > 2) report.at("apiVersion").invalid(apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  for (const [field, value] of Object.entries({ kind, name, uid })) {
    if (value === "") report.at(field).invalid(value, "must not be empty");
  }
  if ((apiVersion === "v1" || apiVersion === "events.k8s.io/v1") && kind === "Event")
    report.invalid(owner, `${apiVersion}, Kind=${kind} is disallowed from being an owner`);
}

function validateFinalizers(row: AnyResource, finalizers: readonly string[] | undefined, report: Report): void {
  finalizers?.forEach((finalizer, index) => {
    const errors = qualifiedNameErrors(finalizer);
    for (const error of errors) report.invalid(finalizer, error);
    if (errors.length === 0 && row.typed && !finalizer.includes("/") && !STANDARD_FINALIZERS.has(finalizer))
      report.at(index).invalid(finalizer, UNQUALIFIED_FINALIZER);
  });
  if (finalizers?.includes("orphan") && finalizers.includes("foregroundDeletion"))
    report.invalid(finalizers, "finalizer foregroundDeletion and orphan cannot be both set");
}

/** Metadata of an object that is about to replace `previous`. */
export function validateMetadataUpdate(
  row: AnyResource,
  object: DeepReadonly<KubernetesObject>,
  previous: DeepReadonly<KubernetesObject>,
  report: Report,
): void {
  const meta = object.metadata as Meta;
  const old = previous.metadata as Meta;
  const here = report.at("metadata");
  if (old.deletionTimestamp) validateNewFinalizers(meta.finalizers, old.finalizers, here.at("finalizers"));
  for (const field of IMMUTABLE_FIELDS) {
    if (meta[field] !== old[field]) here.at(field).invalid(meta[field] ?? null, IMMUTABLE);
  }
  if ((meta.generation ?? 0) < (old.generation ?? 0))
    here.at("generation").invalid(meta.generation ?? 0, "must not be decremented");
  validateRest(row, meta, here);
}

const IMMUTABLE_FIELDS = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** What is being deleted takes no new finalizers; it may lose those it has. */
function validateNewFinalizers(now: readonly string[] | undefined, before: readonly string[] | undefined, report: Report): void {
  const added = (now ?? []).filter((finalizer) => !before?.includes(finalizer));
  if (added.length === 0) return;
  const shown = [...added].sort().map((finalizer) => JSON.stringify(finalizer));
  report.forbidden(
    `no new finalizers can be added if the object is being deleted, found new finalizers []string{${shown.join(", ")}}`,
  );
}

const SUFFIX_LENGTH = 5;
const MAX_GENERATED_LENGTH = 63;

/** How much of a generateName stays before the random suffix. */
export const generatedBase = (generateName: string): string => generateName.slice(0, MAX_GENERATED_LENGTH - SUFFIX_LENGTH);
