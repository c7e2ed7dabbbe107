/**
 * networking.k8s.io/v1 Ingress: HTTP routes into the cluster.
 * https://kubernetes.io/docs/concepts/services-networking/ingress/
 */
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, countOf, firstOf, formatLoadBalancer, NONE } from "../table/cells.ts";
import { validateIngress, validateIngressStatus } from "./ingress-validation.ts";

export type Ingress = generated.Ingress;

/** The hosts of the rules; `*` where none is named. */
const formatHosts = (hosts: readonly string[]): string => firstOf(hosts.filter(Boolean), 3, hosts.length) || "*";

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

const strategy: Strategy<Ingress> = {
  validate: validateIngress,
  warnings: ({ metadata, spec }, previous) =>
    previous === undefined && metadata.annotations?.[CLASS_ANNOTATION] !== undefined && spec.ingressClassName === undefined
      ? [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  validateSubresource: { status: (ingress, _previous, report) => validateIngressStatus(ingress, report) },
  hasGeneration: true,
  unconditionalUpdate: true,

  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },
  columns: (ingress) => {
    const { spec, status } = ingress;
    return [
      ingress.metadata.name,
      spec?.ingressClassName ?? NONE,
      formatHosts((spec?.rules ?? []).map(({ host }) => host ?? "")),
      formatLoadBalancer(status?.loadBalancer?.ingress),
      countOf(spec?.tls) > 0 ? "80, 443" : "80",
      ageOf(ingress),
    ];
  },
};

export const Ingress: Resource<Ingress> = resource({ group: "networking.k8s.io", resource: "ingresses" }, strategy);
