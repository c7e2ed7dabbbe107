/**
 * What a request to the node API asks permission for: a verb on subresources of the node, any of which is enough.
 * https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#kubelet-authorization
 */

export interface NodeAttributes {
  verb: string;
  /** The finest first. */
  subresources: readonly string[];
}

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** By the first part of the path. */
const SUBRESOURCES: Readonly<Record<string, readonly string[]>> = {
  stats: ["stats"],
  metrics: ["metrics"],
  logs: ["log"],
  checkpoint: ["checkpoint"],
  statusz: ["statusz"],
  flagz: ["configz"],
  pods: ["pods", "proxy"],
  runningpods: ["pods", "proxy"],
  healthz: ["healthz", "proxy"],
  configz: ["configz", "proxy"],
};
const OTHERS: readonly string[] = ["proxy"];

/** `first`: the first part of the path, decoded, as it is routed by. */
export const nodeAttributes = (method: string, first: string): NodeAttributes => ({
  verb: VERBS[method] ?? "",
  subresources: Object.hasOwn(SUBRESOURCES, first) ? (SUBRESOURCES[first] ?? OTHERS) : OTHERS,
});
