/**
 * v1 Namespace: a scope for names, quotas and rules.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
 */

import { cloneJson } from "../../base/clone.ts";
import type * as generated from "../generated/core-v1.ts";
import { dnsLabelErrors, prefixErrors, qualifiedNameErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import type { Report } from "../validation-report.ts";

export type Namespace = generated.Namespace;

const STANDARD_FINALIZERS = ["kubernetes", "orphan", "foregroundDeletion"];

function validateFinalizers(finalizers: readonly string[] | undefined, report: Report): void {
  for (const finalizer of finalizers ?? []) {
    const complaints = qualifiedNameErrors(finalizer);
    for (const complaint of complaints) report.invalid(finalizer, complaint);
    if (complaints.length === 0 && !finalizer.includes("/") && !STANDARD_FINALIZERS.includes(finalizer))
      report.invalid(finalizer, "name is neither a standard finalizer name nor is it fully qualified");
  }
}

const strategy: Strategy<Namespace> = {
  unconditionalUpdate: true,
  nameErrors: (name, prefix) => (prefix ? prefixErrors(name, dnsLabelErrors) : dnsLabelErrors(name)),

  default({ metadata }) {
    // The name as a label, so that selectors can pick a namespace by it.
    if (!metadata.name) return;
    metadata.labels ??= {};
    metadata.labels["kubernetes.io/metadata.name"] = metadata.name;
  },

  prepareForCreate(namespace) {
    namespace.status = { phase: "Active" };
    const finalizers = namespace.spec.finalizers ?? [];
    namespace.spec.finalizers = finalizers.includes("kubernetes") ? finalizers : [...finalizers, "kubernetes"];
  },

  /** Finalizers of a namespace change through its subresource only. */
  prepareForUpdate(namespace, previous) {
    namespace.spec = cloneJson(previous.spec) as Namespace["spec"];
    namespace.status = cloneJson(previous.status) as Namespace["status"];
  },

  validate: ({ spec }, _previous, report) => validateFinalizers(spec.finalizers, report.at("spec", "finalizers")),

  prepareSubresource: {
    finalize(namespace, previous) {
      namespace.status = cloneJson(previous.status) as Namespace["status"];
    },
  },

  validateSubresource: {
    finalize: ({ spec }, _previous, report) => validateFinalizers(spec.finalizers, report.at("spec", "finalizers")),
    status({ metadata, status }, _previous, report) {
      const deleted = metadata.deletionTimestamp !== undefined;
      const phase = deleted ? "Terminating" : "Active";
      if (status.phase !== phase)
        report
          .at("status", "Phase")
          .invalid(status.phase ?? "", `may only be '${phase}' if \`deletionTimestamp\` is ${deleted ? "not " : ""}empty`);
    },
  },

  selectableFields: ({ status }) => ({ "status.phase": status.phase ?? "" }),
  columns: (namespace) => [namespace.metadata.name, namespace.status?.phase ?? "", ageOf(namespace)],
};

export const Namespace: Resource<Namespace> = resource({ group: "", resource: "namespaces" }, strategy);
