/** networking.k8s.io/v1 IngressClass. */
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, NONE } from "../table/cells.ts";

export type IngressClass = generated.IngressClass;

const strategy: Strategy<IngressClass> = {
  columns: (ingressClass) => {
    const parameters = ingressClass.spec?.parameters;
    const kind = parameters?.apiGroup === undefined ? parameters?.kind : `${parameters.kind}.${parameters.apiGroup}`;
    return [
      ingressClass.metadata.name,
      ingressClass.spec?.controller ?? "",
      parameters ? `${kind}/${parameters.name}` : NONE,
      ageOf(ingressClass),
    ];
  },
};

export const IngressClass: Resource<IngressClass> = resource(
  { group: "networking.k8s.io", resource: "ingressclasses" },
  strategy,
);
