/** How a Service is printed: where it is reached from outside, and its ports. */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as generated from "../generated/core-v1.ts";
import type { Cell } from "../row.ts";
import { ageOf, formatLabels, formatLoadBalancer, NONE, UNKNOWN } from "../table/cells.ts";

type Service = DeepReadonly<generated.Service>;

export function serviceCells(service: Service): readonly Cell[] {
  const { spec } = service;
  return [
    service.metadata.name,
    spec?.type ?? "",
    spec?.clusterIPs?.[0] ?? NONE,
    externalAddress(service),
    (spec?.ports ?? []).map(formatPort).join(",") || NONE,
    ageOf(service),
    formatLabels(spec?.selector),
  ];
}

function externalAddress({ spec, status }: Service): string {
  const externalIPs = spec?.externalIPs?.join(",") ?? "";
  switch (spec?.type) {
    case "ClusterIP":
    case "NodePort":
      return externalIPs || NONE;
    case "LoadBalancer":
      return [formatLoadBalancer(status?.loadBalancer?.ingress), externalIPs].filter(Boolean).join(",") || "<pending>";
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return UNKNOWN;
  }
}

const formatPort = ({ port, nodePort, protocol }: DeepReadonly<generated.ServicePort>): string =>
  nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`;
