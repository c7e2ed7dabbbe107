/**
 * What the scheduler knows of nodes and the Pods on them, as plugins read it: columns of one number a node in typed arrays, and
 * distinct taint sets interned, so that a filter costs a few reads a node.
 *
 * A scheduling decision is one synchronous step, so reading the live columns is reading a snapshot. Node indexes run from 0 to
 * `size` and are stable only within such a step.
 */
import type { Labels } from "../../api/selectors/labels.ts";
import type { PodGroups } from "./pod-groups.ts";
import type { HostPort, PodInfo } from "./pod-info.ts";
import type { ResourceNames } from "./resource-names.ts";
import type { TaintSet } from "./taint-sets.ts";
import type { Topology } from "./topologies.ts";
import type { VolumeState } from "./volume-state.ts";
import type { Workloads } from "./workloads.ts";

/** What of a node has no column. */
export interface NodeFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: TaintSet;
  /** Image name → bytes. */
  readonly images: ReadonlyMap<string, number>;
}

export interface Snapshot {
  readonly resources: ResourceNames;
  readonly size: number;
  readonly nodes: readonly NodeFacts[];
  /** What a node can give, by resource column (cpu in thousandths, the rest in units). */
  allocatable(column: number): Float64Array;
  /** What its Pods ask for. */
  requested(column: number): Float64Array;
  /** For scores; see PodInfo. */
  readonly scoredMilliCpu: Float64Array;
  readonly scoredMemoryBytes: Float64Array;
  readonly podLimit: Float64Array;
  readonly podCount: Float64Array;
  /** 1 where the node is cordoned. */
  readonly unschedulable: Float64Array;
  readonly taintSetOf: Float64Array;
  readonly taintSets: readonly TaintSet[];
  /** Host ports in use, and the Pods on each node by uid. */
  readonly hostPorts: readonly (readonly HostPort[])[];
  readonly pods: readonly ReadonlyMap<string, PodInfo>[];
  readonly groups: PodGroups;
  readonly workloads: Workloads;
  readonly volumes: VolumeState;
  /** The column of a topology label. */
  topology(key: string): Topology;
  namespaceLabels(namespace: string): Labels;
  /** How many nodes have the image. */
  nodesWithImage(image: string): number;
  indexOf(node: string): number | undefined;
  /** The node on which the Pod is counted. */
  nodeOf(podUid: string): string | undefined;
}
