/**
 * What Timonier's own components may do, where upstream has no role for them: ClusterRoles `timonier:NAME` that grant the least, each
 * bound to the component's ServiceAccount in kube-system. A component that upstream knows (controllers, scheduler, kubelet, proxy)
 * uses upstream's role. A new component is one entry below.
 */
import type { PolicyRule } from "../../api/generated/rbac-v1.ts";
import type { Draft, KubernetesObject } from "../../api/meta.ts";

interface ComponentRole {
  /** Of the role after `timonier:`, and of the ServiceAccount after `timonier-`. */
  name: string;
  rules: PolicyRule[];
}

const COMPONENTS: readonly ComponentRole[] = [
  {
    name: "dns",
    rules: [
      { apiGroups: [""], resources: ["namespaces", "pods", "services"], verbs: ["get", "list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["get", "list", "watch"] },
    ],
  },
];

const METADATA = {
  annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
  labels: { "app.kubernetes.io/part-of": "timonier" },
};

/** Whom kubeadm makes administrators, beside `system:masters`: so is the API server where it calls a kubelet. */
const CLUSTER_ADMINS = "kubeadm:cluster-admins";
const clusterAdmins = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { ...METADATA, name: CLUSTER_ADMINS },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: CLUSTER_ADMINS }],
};

export const componentRoles = (): Draft<KubernetesObject>[] => [
  clusterAdmins,
  ...COMPONENTS.flatMap(({ name, rules }) => {
    const metadata = { ...METADATA, name: `timonier:${name}` };
    const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata, rules };
    const binding = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: metadata.name },
      subjects: [{ kind: "ServiceAccount", name: `timonier-${name}`, namespace: "kube-system" }],
    };
    return [role, binding];
  }),
];
