/** Who the components are to the API server: upstream's names, so that upstream's roles fit. */
import type { UserInfo } from "../base/http.ts";

/** The account of the controller that makes the tokens ServiceAccounts are known by: it has no ServiceAccount itself. */
const MANAGER_ACCOUNT = "kube-controller-manager";

/** A controller, by its account: a ServiceAccount of that name, or the manager of all. */
export const controllerIdentity = (account: string): UserInfo =>
  account === MANAGER_ACCOUNT ? CONTROLLER_MANAGER : serviceAccountIdentity("kube-system", account);

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
