/**
 * The QoS class of a Pod, and where its cgroup is.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
import { qosClassOf as classOfSpec, type QosClass } from "../../api/core/pod/qos.ts";
import type { ReadonlyPod } from "../pod/containers.ts";

/** As the API server says it; a Pod that it does not know yet says it by its resources. */
export const qosClassOf = (pod: ReadonlyPod): QosClass => pod.status?.qosClass ?? classOfSpec(pod.spec);

/** Where the cgroups of Pods are beneath the root, by their class. */
export const QOS_CGROUPS: readonly string[] = ["", "/burstable", "/besteffort"];

/** Kubelet's cgroupfs layout: `/kubepods/burstable/pod<uid>`. */
export function cgroupParentOf(pod: ReadonlyPod, root = "/kubepods"): string {
  const qos = qosClassOf(pod);
  return `${root}${qos === "Guaranteed" ? "" : `/${qos.toLowerCase()}`}/pod${pod.metadata.uid}`;
}
