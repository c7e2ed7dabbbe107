/**
 * ConfigMaps by which others learn how to trust this cluster.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/ ,
 * https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#create-the-public-cluster-info-configmap
 */
import type { ConfigMap } from "../../api/core/config-map.ts";
import type { Draft } from "../../api/meta.ts";

export interface TrustOptions {
  /** PEM of the authority that signs client and serving certificates. */
  ca: string;
  /** PEM of the authority that signs the aggregation layer's client certificate. */
  frontProxyCa: string;
  /** Under which the API is reached: `https://host:port`. */
  server: string;
}

/** What an API server behind the aggregation layer needs to know callers. */
const extensionAuthentication = ({ ca, frontProxyCa }: TrustOptions): Draft<ConfigMap> => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "extension-apiserver-authentication", namespace: "kube-system" },
  data: {
    "client-ca-file": ca,
    "requestheader-allowed-names": '["front-proxy-client"]',
    "requestheader-client-ca-file": frontProxyCa,
    "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-uid-headers": '["X-Remote-Uid"]',
    "requestheader-username-headers": '["X-Remote-User"]',
  },
});

/** Where the cluster is and whom it trusts, for who is about to join it. */
const clusterInfo = ({ ca, server }: TrustOptions): Draft<ConfigMap> => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "cluster-info", namespace: "kube-public" },
  data: {
    kubeconfig: [
      "apiVersion: v1",
      "clusters:",
      "- cluster:",
      `    certificate-authority-data: ${btoa(ca)}`,
      `    server: ${server}`,
      '  name: ""',
      "contexts: null",
      'current-context: ""',
      "kind: Config",
      "preferences: {}",
      "users: null",
      "",
    ].join("\n"),
  },
});

export const trustConfigMaps = (options: TrustOptions): Draft<ConfigMap>[] => [
  extensionAuthentication(options),
  clusterInfo(options),
];
