/**
 * What says which Pods belong together: Services and the controllers of Pods, as selectors. By them Pods are spread by default.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#internal-default-constraints
 */
import type { Pod } from "../../api/generated/core-v1.ts";
import type { LabelSelector } from "../../api/generated/shared.ts";
import {
  allRequirements,
  type LabelMatcher,
  type LabelRequirement,
  selectorFromLabels,
  selectorFromObject,
} from "../../api/selectors/labels.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

type LabelMap = Readonly<Record<string, string>>;

/** Kinds of controllers whose selectors count. */
export type WorkloadKind = "ReplicaSet" | "ReplicationController" | "StatefulSet";

const GROUPS: Readonly<Record<WorkloadKind, string>> = {
  ReplicaSet: "apps/",
  StatefulSet: "apps/",
  ReplicationController: "v1",
};

const isWorkload = (kind: string): kind is WorkloadKind => kind in GROUPS;

interface Service {
  readonly labels: LabelMap;
  readonly selector: LabelMatcher;
}

export class Workloads {
  readonly #services = new Map<string, Map<string, Service>>();
  readonly #controllers = new Map<string, LabelMatcher>();

  /** Without a selector a Service means no Pods. */
  setService(namespace: string, name: string, labels: LabelMap | undefined): void {
    if (labels === undefined) return this.removeService(namespace, name);
    const services = this.#services.get(namespace) ?? new Map<string, Service>();
    this.#services.set(namespace, services.set(name, { labels, selector: selectorFromLabels(labels) }));
  }

  removeService(namespace: string, name: string): void {
    const services = this.#services.get(namespace);
    services?.delete(name);
    if (services?.size === 0) this.#services.delete(namespace);
  }

  /** A map of labels for a ReplicationController, a selector for the others. */
  setController(
    kind: WorkloadKind,
    namespace: string,
    name: string,
    selector: DeepReadonly<LabelSelector> | null | undefined,
  ): void {
    this.#controllers.set(`${kind}/${namespace}/${name}`, selectorFromObject(selector));
  }

  removeController(kind: WorkloadKind, namespace: string, name: string): void {
    this.#controllers.delete(`${kind}/${namespace}/${name}`);
  }

  /** The Pod and its like; undefined where nothing says which those are. */
  selectorFor({ metadata }: DeepReadonly<Pod>): LabelMatcher | undefined {
    const { namespace = "", labels, ownerReferences = [] } = metadata;
    const requirements: LabelRequirement[] = [];
    const merged: Record<string, string> = {};
    for (const service of this.#services.get(namespace)?.values() ?? [])
      if (service.selector.matches(labels)) Object.assign(merged, service.labels);
    requirements.push(...selectorFromLabels(merged).requirements);
    const owner = ownerReferences.find(({ controller }) => controller);
    if (owner && isWorkload(owner.kind) && owner.apiVersion.startsWith(GROUPS[owner.kind]))
      requirements.push(...(this.#controllers.get(`${owner.kind}/${namespace}/${owner.name}`)?.requirements ?? []));
    if (requirements.length === 0) return undefined;
    return allRequirements(requirements);
  }
}
