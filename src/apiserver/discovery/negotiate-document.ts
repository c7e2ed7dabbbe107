/** In which form a discovery document goes out: unaggregated or aggregated, JSON, YAML or protobuf. */
import { type Accepted, acceptedClauses, negotiate } from "../negotiation.ts";

export interface DiscoveryForm {
  readonly aggregated: boolean;
  readonly mediaType: Accepted["mediaType"];
}

/** Throws 406. Aggregated documents exist at `/api` and `/apis` only; v2 is the one version that is served. */
export function negotiateDiscovery(header: string | undefined, canAggregate: boolean): DiscoveryForm {
  for (const { type, parameters } of canAggregate && header ? acceptedClauses(header) : []) {
    const isAggregated =
      parameters.get("as") === "APIGroupDiscoveryList" &&
      parameters.get("g") === "apidiscovery.k8s.io" &&
      parameters.get("v") === "v2";
    if (isAggregated && type === "application/json") return { aggregated: true, mediaType: "json" };
    if (isAggregated && type === "application/vnd.kubernetes.protobuf") return { aggregated: true, mediaType: "protobuf" };
    if (!parameters.has("as") && negotiates(type)) break;
  }
  return { aggregated: false, mediaType: negotiate(header, { protobuf: true, transformations: [] }).mediaType };
}

const negotiates = (type: string): boolean => {
  try {
    negotiate(type, { protobuf: true, transformations: [] });
    return true;
  } catch {
    return false;
  }
};
