/**
 * The QoS class of a Pod, and where its cgroup is.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
import { quantityMilliValue } from "../../api/quantity.ts";
import type { PodContainer, ReadonlyPod } from "../pod/containers.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const RESOURCES = ["cpu", "memory"] as const;

const amount = (quantities: Readonly<Record<string, string>> | undefined, name: string): number =>
  quantityMilliValue(quantities?.[name] ?? "0");

const isGuaranteed = ({ resources }: Pick<PodContainer, "resources">): boolean =>
  RESOURCES.every((name) => {
    const limit = amount(resources?.limits, name);
    const request = resources?.requests?.[name] === undefined ? limit : amount(resources.requests, name);
    return limit > 0 && request === limit;
  });

const asksForSomething = ({ resources }: Pick<PodContainer, "resources">): boolean =>
  RESOURCES.some((name) => amount(resources?.limits, name) > 0 || amount(resources?.requests, name) > 0);

export function qosClassOf(pod: ReadonlyPod): QosClass {
  if (pod.status?.qosClass !== undefined) return pod.status.qosClass;
  const { resources, containers, initContainers = [] } = pod.spec;
  const all = resources === undefined ? [...containers, ...initContainers] : [{ resources }];
  if (!all.some(asksForSomething)) return "BestEffort";
  return all.every(isGuaranteed) ? "Guaranteed" : "Burstable";
}

/** Kubelet's cgroupfs layout: `/kubepods/burstable/pod<uid>`. */
export function cgroupParentOf(pod: ReadonlyPod, root = "/kubepods"): string {
  const qos = qosClassOf(pod);
  return `${root}${qos === "Guaranteed" ? "" : `/${qos.toLowerCase()}`}/pod${pod.metadata.uid}`;
}
