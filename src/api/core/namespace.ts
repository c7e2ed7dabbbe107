/**
 * v1 Namespace: a scope for names, quotas and rules.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
 */

import type * as generated from "../generated/core-v1.ts";
import { dnsLabelErrors, prefixErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type Namespace = generated.Namespace;

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
    namespace.spec = structuredClone(previous.spec) as Namespace["spec"];
    namespace.status = structuredClone(previous.status) as Namespace["status"];
  },

  selectableFields: ({ status }) => ({ "status.phase": status.phase ?? "" }),
  columns: (namespace) => [namespace.metadata.name, namespace.status?.phase ?? "", ageOf(namespace)],
};

export const Namespace: Resource<Namespace> = resource({ group: "", resource: "namespaces" }, strategy);
