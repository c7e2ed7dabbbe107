/**
 * Keeps the snapshot up to date by single changes; it is never rebuilt. Removing a node moves the last one into its place.
 *
 * Invariant: what a node's columns say is the sum over the Pods in `pods[index]`. A Pod may arrive before its node: it waits in
 * `homeless` and is counted when the node comes.
 */
import type { Node } from "../../api/generated/core-v1.ts";
import { quantityMilliValue, quantityValue } from "../../api/quantity.ts";
import type { Labels } from "../../api/selectors/labels.ts";
import { assert } from "../../base/assert.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { Column } from "./columns.ts";
import { DisruptionBudgets } from "./disruption-budgets.ts";
import { Nominations } from "./nominations.ts";
import { PodGroups } from "./pod-groups.ts";
import type { HostPort, PodInfo } from "./pod-info.ts";
import { resourceNames } from "./resource-names.ts";
import type { NodeFacts, Snapshot } from "./snapshot.ts";
import { TaintSets } from "./taint-sets.ts";
import { Topology } from "./topologies.ts";
import { VolumeState } from "./volume-state.ts";
import { Workloads } from "./workloads.ts";

function imagesOf(node: DeepReadonly<Node>): Map<string, number> {
  const images = new Map<string, number>();
  for (const { names = [], sizeBytes = 0 } of node.status.images ?? []) for (const name of names) images.set(name, sizeBytes);
  return images;
}

export class ClusterState implements Snapshot {
  readonly resources = resourceNames();
  readonly nodes: NodeFacts[] = [];
  readonly hostPorts: HostPort[][] = [];
  readonly pods: Map<string, PodInfo>[] = [];
  readonly groups = new PodGroups();
  readonly workloads = new Workloads();
  readonly volumes = new VolumeState();
  readonly budgets = new DisruptionBudgets();
  readonly nominations = new Nominations();
  readonly #topologies = new Map<string, Topology>();
  readonly #namespaces = new Map<string, Labels>();
  readonly #indexes = new Map<string, number>();
  readonly #places = new Map<string, string>();
  readonly #homeless = new Map<string, Map<string, PodInfo>>();
  readonly #imageCounts = new Map<string, number>();
  readonly #taints = new TaintSets();
  readonly #allocatable: Column[] = [];
  readonly #requested: Column[] = [];
  readonly #scoredMilliCpu = new Column();
  readonly #scoredMemoryBytes = new Column();
  readonly #podLimit = new Column();
  readonly #podCount = new Column();
  readonly #unschedulable = new Column();
  readonly #taintSetOf = new Column();

  get size(): number {
    return this.nodes.length;
  }
  get scoredMilliCpu(): Float64Array {
    return this.#scoredMilliCpu.values;
  }
  get scoredMemoryBytes(): Float64Array {
    return this.#scoredMemoryBytes.values;
  }
  get podLimit(): Float64Array {
    return this.#podLimit.values;
  }
  get podCount(): Float64Array {
    return this.#podCount.values;
  }
  get unschedulable(): Float64Array {
    return this.#unschedulable.values;
  }
  get taintSetOf(): Float64Array {
    return this.#taintSetOf.values;
  }
  get taintSets(): Snapshot["taintSets"] {
    return this.#taints.sets;
  }

  allocatable(column: number): Float64Array {
    this.#makeColumns(column);
    return this.#allocatable[column]!.values;
  }

  requested(column: number): Float64Array {
    this.#makeColumns(column);
    return this.#requested[column]!.values;
  }

  topology(key: string): Topology {
    let topology = this.#topologies.get(key);
    if (topology === undefined) {
      topology = new Topology(key);
      topology.grow(this.size);
      for (const [index, { labels }] of this.nodes.entries()) topology.set(index, labels[key]);
      this.#topologies.set(key, topology);
    }
    return topology;
  }

  namespaceLabels(namespace: string): Labels {
    return this.#namespaces.get(namespace);
  }

  setNamespace(name: string, labels: Labels): void {
    this.#namespaces.set(name, labels);
  }

  removeNamespace(name: string): void {
    this.#namespaces.delete(name);
  }

  nodesWithImage(image: string): number {
    return this.#imageCounts.get(image) ?? 0;
  }

  indexOf(node: string): number | undefined {
    return this.#indexes.get(node);
  }

  nodeOf(podUid: string): string | undefined {
    return this.#places.get(podUid);
  }

  /** Adds a node or takes over its changes; the Pods on it stay. */
  setNode(node: DeepReadonly<Node>): void {
    const facts: NodeFacts = {
      name: node.metadata.name,
      labels: node.metadata.labels ?? {},
      taints: node.spec.taints ?? [],
      images: imagesOf(node),
    };
    const known = this.#indexes.get(facts.name);
    const index = known ?? this.#append(facts);
    if (known !== undefined) {
      this.#countImages(this.nodes[index]!, -1);
      this.#taints.release(this.taintSetOf[index]!);
      this.nodes[index] = facts;
    }
    this.#countImages(facts, 1);
    this.#taintSetOf.set(index, this.#taints.take(facts.taints));
    for (const topology of this.#topologies.values()) topology.set(index, facts.labels[topology.key]);
    this.#unschedulable.set(index, node.spec.unschedulable ? 1 : 0);
    this.#setAllocatable(index, node.status.allocatable ?? node.status.capacity ?? {});
  }

  removeNode(name: string): void {
    const index = this.#indexes.get(name);
    if (index === undefined) return;
    const last = this.size - 1;
    this.#countImages(this.nodes[index]!, -1);
    this.#taints.release(this.taintSetOf[index]!);
    if (this.pods[index]!.size > 0) this.#homeless.set(name, this.pods[index]!);
    for (const info of this.pods[index]!.values()) this.#place(info, index, -1);
    const moved = index === last ? [] : [...this.pods[last]!.values()];
    for (const info of moved) this.groups.remove(info, last);
    this.#indexes.delete(name);
    for (const column of this.#columns()) column.moveLastTo(index, last);
    for (const topology of this.#topologies.values()) topology.moveLastTo(index, last);
    moveLastTo(this.nodes, index);
    moveLastTo(this.hostPorts, index);
    moveLastTo(this.pods, index);
    for (const info of moved) this.groups.add(info, index);
    if (index !== last) this.#indexes.set(this.nodes[index]!.name, index);
  }

  /** Counts a Pod on a node; replaces what was counted for the same uid. */
  setPod(info: PodInfo, nodeName: string): void {
    this.removePod(info.uid);
    this.#places.set(info.uid, nodeName);
    const index = this.#indexes.get(nodeName);
    if (index !== undefined) this.#count(index, info);
    else this.#homeless.set(nodeName, (this.#homeless.get(nodeName) ?? new Map<string, PodInfo>()).set(info.uid, info));
  }

  removePod(uid: string): void {
    const nodeName = this.#places.get(uid);
    if (nodeName === undefined) return;
    this.#places.delete(uid);
    const index = this.#indexes.get(nodeName);
    const neighbours = index === undefined ? this.#homeless.get(nodeName) : this.pods[index];
    const info = neighbours?.get(uid);
    assert(neighbours && info, `Pod ${uid} is placed on node ${nodeName} but not counted there`);
    neighbours.delete(uid);
    if (index !== undefined) this.#account(index, info, -1);
    else if (neighbours.size === 0) this.#homeless.delete(nodeName);
  }

  #append(facts: NodeFacts): number {
    const index = this.nodes.push(facts) - 1;
    this.hostPorts.push([]);
    this.pods.push(new Map());
    this.#indexes.set(facts.name, index);
    for (const column of this.#columns()) column.grow(this.size);
    for (const topology of this.#topologies.values()) topology.grow(this.size);
    for (const info of this.#homeless.get(facts.name)?.values() ?? []) this.#count(index, info);
    this.#homeless.delete(facts.name);
    return index;
  }

  #count(index: number, info: PodInfo): void {
    this.pods[index]!.set(info.uid, info);
    this.#account(index, info, 1);
  }

  #account(index: number, info: PodInfo, sign: 1 | -1): void {
    for (const [column, amount] of info.requests) {
      this.#makeColumns(column);
      this.#requested[column]!.add(index, sign * amount);
    }
    this.#scoredMilliCpu.add(index, sign * info.scored.milliCpu);
    this.#scoredMemoryBytes.add(index, sign * info.scored.memoryBytes);
    this.#podCount.add(index, sign);
    this.#place(info, index, sign);
    if (info.hostPorts.length > 0) this.hostPorts[index] = [...this.pods[index]!.values()].flatMap((pod) => pod.hostPorts);
  }

  #place(info: PodInfo, node: number, sign: 1 | -1): void {
    if (sign > 0) this.groups.add(info, node);
    else this.groups.remove(info, node);
    for (const { name } of info.claims) this.volumes.countUser(`${info.pod.metadata.namespace}/${name}`, sign);
  }

  #setAllocatable(index: number, quantities: Readonly<Record<string, string>>): void {
    const amounts = new Map<number, number>();
    let pods = 0;
    for (const [name, quantity] of Object.entries(quantities)) {
      if (name === "pods") pods = quantityValue(quantity);
      else amounts.set(this.resources.column(name), name === "cpu" ? quantityMilliValue(quantity) : quantityValue(quantity));
    }
    this.#makeColumns(this.resources.names.length - 1);
    this.#podLimit.set(index, pods);
    for (const [column, values] of this.#allocatable.entries()) values.set(index, amounts.get(column) ?? 0);
  }

  #countImages(node: NodeFacts, by: 1 | -1): void {
    for (const image of node.images.keys()) {
      const count = this.nodesWithImage(image) + by;
      if (count > 0) this.#imageCounts.set(image, count);
      else this.#imageCounts.delete(image);
    }
  }

  #makeColumns(last: number): void {
    while (this.#allocatable.length <= last) {
      for (const list of [this.#allocatable, this.#requested]) {
        const column = new Column();
        column.grow(this.size);
        list.push(column);
      }
    }
  }

  #columns(): Column[] {
    return [
      ...this.#allocatable,
      ...this.#requested,
      this.#scoredMilliCpu,
      this.#scoredMemoryBytes,
      this.#podLimit,
      this.#podCount,
      this.#unschedulable,
      this.#taintSetOf,
    ];
  }
}

function moveLastTo<T>(list: T[], index: number): void {
  const last = list.pop();
  if (last !== undefined && index < list.length) list[index] = last;
}
