/** Kubelets by their user: `system:node:NAME` in the group `system:nodes`. */
import type { UserInfo } from "../../base/http.ts";

const PREFIX = "system:node:";
const NODES_GROUP = "system:nodes";

/** Undefined: the user is no node. Empty: a node that does not say which. */
export const nodeNameOf = ({ name, groups }: UserInfo): string | undefined =>
  name.startsWith(PREFIX) && groups.includes(NODES_GROUP) ? name.slice(PREFIX.length) : undefined;
