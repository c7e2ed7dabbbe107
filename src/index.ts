/** The public face of the library. */
export type { Client } from "./client/client.ts";
export type { ClusterObjects, Condition, Labels, Manifest } from "./cluster/cluster-objects.ts";
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from "./cluster/control-plane.ts";
export type { Observation } from "./cluster/observation.ts";
export { type Cluster, type ClusterOptions, startCluster } from "./cluster/start-cluster.ts";
