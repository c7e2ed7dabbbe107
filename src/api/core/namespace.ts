/** v1 Namespace. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type Namespace = generated.Namespace;

const strategy: Strategy<Namespace> = {
  columns: (namespace) => [namespace.metadata.name, namespace.status?.phase ?? "", ageOf(namespace)],
};

export const Namespace: Resource<Namespace> = resource({ group: "", resource: "namespaces" }, strategy);
