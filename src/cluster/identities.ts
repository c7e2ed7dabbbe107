/** Who the components are to the API server: upstream's names, so that upstream's roles fit. */
import type { UserInfo } from "../base/http.ts";

/** Controllers that share the ServiceAccount of another, as upstream's do. */
const SHARED_ACCOUNTS: Readonly<Record<string, string>> = { "node-ipam-controller": "node-controller" };

/** Makes the tokens that ServiceAccounts are known by, so it has none itself. */
const TOKENS_CONTROLLER = "tokens-controller";

/** A controller, as its ServiceAccount. */
export const controllerIdentity = (name: string): UserInfo =>
  name === TOKENS_CONTROLLER ? CONTROLLER_MANAGER : serviceAccountIdentity("kube-system", SHARED_ACCOUNTS[name] ?? name);

const serviceAccountIdentity = (namespace: string, name: string): UserInfo => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
});

export const SCHEDULER: UserInfo = { name: "system:kube-scheduler", groups: ["system:authenticated"] };

/** What all controllers read through together. */
export const CONTROLLER_MANAGER: UserInfo = { name: "system:kube-controller-manager", groups: ["system:authenticated"] };

export const NODE_GROUP = "system:nodes";
export const nodeIdentity = (node: string): UserInfo => ({
  name: `system:node:${node}`,
  groups: [NODE_GROUP, "system:authenticated"],
});

/** The cluster's own hands: bootstrap and what the server itself keeps. */
export const LOOPBACK: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };

export const ADMINISTRATOR = { name: "kubernetes-admin", uid: "kubernetes-admin", groups: ["system:masters"] };
