/**
 * Pods on nodes, grouped by what other Pods' selectors and terms can tell apart: namespace, labels, whether they are ending, and
 * their own affinity terms. The Pods of one workload are one group, so a selector is matched once for all of them.
 *
 * Invariant: a group has at least one Pod, on a node that exists.
 */
import type { PodInfo } from "./pod-info.ts";
import type { PodTerms } from "./pod-terms.ts";

export interface PodGroup {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its Pods are being deleted. */
  readonly terminating: boolean;
  readonly terms: PodTerms | undefined;
  /** Node index → how many of its Pods are there. */
  readonly nodes: ReadonlyMap<number, number>;
}

interface MutableGroup extends PodGroup {
  readonly nodes: Map<number, number>;
}

export class PodGroups {
  readonly all = new Map<string, MutableGroup>();
  /** Those with terms of their own, and among them those that keep others away. */
  readonly withTerms = new Set<PodGroup>();
  readonly withAntiAffinity = new Set<PodGroup>();
  readonly #byNamespace = new Map<string, Set<PodGroup>>();

  ofNamespace(namespace: string): Iterable<PodGroup> {
    return this.#byNamespace.get(namespace) ?? [];
  }

  add(info: PodInfo, node: number): void {
    const group = this.all.get(info.groupKey) ?? this.#create(info);
    group.nodes.set(node, (group.nodes.get(node) ?? 0) + 1);
  }

  remove(info: PodInfo, node: number): void {
    const group = this.all.get(info.groupKey);
    if (group === undefined) return;
    const left = (group.nodes.get(node) ?? 0) - 1;
    if (left > 0) group.nodes.set(node, left);
    else group.nodes.delete(node);
    if (group.nodes.size === 0) this.#drop(info.groupKey, group);
  }

  #create({ groupKey, pod, terminating, terms }: PodInfo): MutableGroup {
    const { namespace = "", labels = {} } = pod.metadata;
    const group: MutableGroup = { namespace, labels, terminating, terms, nodes: new Map() };
    this.all.set(groupKey, group);
    const neighbours = this.#byNamespace.get(namespace);
    if (neighbours) neighbours.add(group);
    else this.#byNamespace.set(namespace, new Set([group]));
    if (terms) this.withTerms.add(group);
    if (terms && terms.antiAffinity.length > 0) this.withAntiAffinity.add(group);
    return group;
  }

  #drop(key: string, group: MutableGroup): void {
    this.all.delete(key);
    const neighbours = this.#byNamespace.get(group.namespace);
    neighbours?.delete(group);
    if (neighbours?.size === 0) this.#byNamespace.delete(group.namespace);
    this.withTerms.delete(group);
    this.withAntiAffinity.delete(group);
  }
}
