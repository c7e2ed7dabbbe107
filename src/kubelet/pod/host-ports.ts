/**
 * A Pod's host ports: open from the moment when its sandbox has an address, until that sandbox is stopped.
 * https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/#support-hostport
 */
import { portMappingsOf } from "../config/sandbox.ts";
import type { RuntimePod } from "./runtime-pod.ts";
import { addressesOf, type PodWork } from "./work.ts";

/** Also says again what a kubelet before this one had said. */
export async function openHostPorts(work: PodWork, runtimePod: RuntimePod): Promise<void> {
  const { context, pod } = work;
  const { setHostPorts } = context;
  const ports = portMappingsOf(pod);
  if (setHostPorts === undefined || ports.length === 0) return;
  const [ip] = addressesOf(work, runtimePod);
  if (ip === undefined || work.hostPortsIp === ip) return;
  await work.outside(() => setHostPorts({ uid: pod.metadata.uid, ip }, ports));
  work.hostPortsIp = ip;
}

export async function closeHostPorts(work: PodWork): Promise<void> {
  const { setHostPorts } = work.context;
  const ip = work.hostPortsIp;
  if (setHostPorts === undefined || ip === undefined) return;
  await work.outside(() => setHostPorts({ uid: work.pod.metadata.uid, ip }, []));
  work.hostPortsIp = undefined;
}
