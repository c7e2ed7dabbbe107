/**
 * Every Namespace has the ConfigMap `kube-root-ca.crt`, with which its Pods check the API server.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-token-volume
 */
import { ConfigMap } from "../../api/core/config-map.ts";
import { Namespace } from "../../api/core/namespace.ts";
import { isAlreadyExists } from "../../api/errors.ts";
import { sameContent } from "../../client/equality.ts";
import { type Controller, on } from "../controller.ts";
import { isNamespaceEnding } from "../pod-control.ts";

const NAME = "kube-root-ca.crt";
const DESCRIPTION = "kubernetes.io/description";
const WORDS =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or " +
  "kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

export function rootCaPublisher(rootCa: string): Controller<Namespace> {
  const data = { "ca.crt": rootCa };
  return {
    name: "root-ca-cert-publisher",
    reconciles: Namespace,
    wokenBy: [on(ConfigMap, ({ metadata: { name, namespace } }) => (name === NAME ? [namespace] : []))],
    async reconcile({ metadata: { name: namespace }, status }, { client, listers }) {
      if (status.phase === "Terminating") return;
      const present = listers.get(ConfigMap, namespace, NAME);
      if (present === undefined) {
        try {
          await client.create(ConfigMap, { metadata: { namespace, name: NAME, annotations: { [DESCRIPTION]: WORDS } }, data });
        } catch (error) {
          if (!isAlreadyExists(error) && !isNamespaceEnding(error)) throw error;
        }
      } else if (!sameContent(present.data, data) || present.metadata.annotations?.[DESCRIPTION] === undefined) {
        const annotations = { ...present.metadata.annotations, [DESCRIPTION]: WORDS };
        await client.update(ConfigMap, { ...present, metadata: { ...present.metadata, annotations }, data });
      }
    },
  };
}
