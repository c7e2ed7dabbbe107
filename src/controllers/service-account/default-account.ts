/**
 * Every Namespace has a ServiceAccount `default`, and has it again when somebody deletes it.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#serviceaccount-controller
 */
import { Namespace } from "../../api/core/namespace.ts";
import { ServiceAccount } from "../../api/core/service-account.ts";
import { isAlreadyExists } from "../../api/errors.ts";
import { type Controller, on } from "../controller.ts";
import { isNamespaceEnding } from "../pod-control.ts";

const NAME = "default";

export const serviceAccountController: Controller<Namespace> = {
  name: "service-account-controller",
  reconciles: Namespace,
  wokenBy: [
    on(
      ServiceAccount,
      ({ metadata: { name, namespace } }) => (name === NAME ? [namespace] : []),
      () => true,
    ),
  ],
  async reconcile({ metadata: { name: namespace }, status }, { client, listers }) {
    if (status.phase === "Terminating" || listers.get(ServiceAccount, namespace, NAME) !== undefined) return;
    try {
      await client.create(ServiceAccount, { metadata: { namespace, name: NAME } });
    } catch (error) {
      if (!isAlreadyExists(error) && !isNamespaceEnding(error)) throw error;
    }
  },
};
