/**
 * Which Pods stand behind a Service, and at which addresses and ports: what Endpoints and EndpointSlices have in common. Pure.
 * https://kubernetes.io/docs/concepts/services-networking/service/
 */
import { conditionOf } from "../../api/conditions.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { Service } from "../../api/core/service.ts";
import { keyOf } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { sameContent } from "../../client/equality.ts";
import type { Lister } from "../../client/informer.ts";
import { type Index, index, on, type Wake } from "../controller.ts";
import { isEnded, isReady } from "../pod-facts.ts";
import { matchesLabels } from "../selector.ts";

export type ReadonlyPod = DeepReadonly<Pod>;
export type ReadonlyService = DeepReadonly<Service>;

export const LAST_CHANGE = "endpoints.kubernetes.io/last-change-trigger-time";
export const HEADLESS = "service.kubernetes.io/headless";
export const MAX_ENDPOINTS_A_SLICE = 100;

const BY_LABEL = "namespace-and-label";
const labelValue = (namespace: string, key: string, value: string): string => `${namespace}/${key}=${value}`;

/** Pods by each of their labels: a Service finds its own without looking at the others of the namespace. */
export const podsByLabel: Index = index(Pod, BY_LABEL, ({ metadata: { namespace, labels } }) =>
  Object.entries(labels ?? {}).map(([key, value]) => labelValue(namespace, key, value)),
);

/** The Pods that the Service selects; none where it has no selector. */
export function podsOf({ metadata: { namespace }, spec }: ReadonlyService, listers: Lister): readonly ReadonlyPod[] {
  const selector = spec.selector ?? {};
  const [first] = Object.entries(selector);
  if (first === undefined) return [];
  return listers
    .byIndex(Pod, BY_LABEL, labelValue(namespace, ...first))
    .filter((pod) => matchesLabels(selector, pod.metadata.labels));
}

/** What of a Pod its Services care about. */
const relevant = (pod: ReadonlyPod): unknown => [
  pod.metadata.labels,
  pod.metadata.deletionTimestamp,
  pod.spec.nodeName,
  pod.spec.hostname,
  pod.status.phase,
  pod.status.podIPs,
  isReady(pod),
];

/** Wakes the Services that select a Pod. */
export const wokenByPods: Wake = on(
  Pod,
  ({ metadata: { namespace, labels } }, listers) =>
    [...listers.list(Service, namespace)].filter(({ spec }) => matchesLabels(spec.selector, labels)).map(keyOf),
  (pod, previous) => sameContent(relevant(pod), relevant(previous)),
);

export const isHeadless = ({ spec }: ReadonlyService): boolean => spec.clusterIP === "None";

export interface BackendPort {
  name: string;
  port: number;
  protocol: "SCTP" | "TCP" | "UDP";
  appProtocol?: string;
}

/** The ports of a Service as this Pod has them: a named port differs from Pod to Pod, and is left out where the Pod has none. */
export function portsFor(service: ReadonlyService, pod: ReadonlyPod): BackendPort[] {
  return (service.spec.ports ?? []).flatMap(({ name = "", port: servicePort, protocol = "TCP", targetPort, appProtocol }) => {
    const port = typeof targetPort === "string" ? namedPort(pod, targetPort, protocol) : targetPort || servicePort;
    return port === undefined ? [] : [{ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

function namedPort({ spec }: ReadonlyPod, name: string, protocol: string): number | undefined {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  for (const { ports = [] } of [...spec.containers, ...sidecars]) {
    const found = ports.find((port) => port.name === name && (port.protocol ?? "TCP") === protocol);
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

export const isV6 = (address: string): boolean => address.includes(":");

/** Takes part at all: has an address and has not ended. */
export const takesPart = (pod: ReadonlyPod): boolean => !isEnded(pod) && (pod.status.podIPs?.length ?? 0) > 0;

export const addressesOf = ({ status }: ReadonlyPod, v6: boolean): string[] =>
  (status.podIPs ?? []).map(({ ip }) => ip).filter((ip): ip is string => ip !== undefined && isV6(ip) === v6);

/** The name under which a headless Service publishes the Pod. */
export const hostnameFor = (service: ReadonlyService, { spec }: ReadonlyPod): string | undefined =>
  spec.hostname && spec.subdomain === service.metadata.name ? spec.hostname : undefined;

export const referenceTo = ({ metadata: { namespace, name, uid } }: ReadonlyPod) => ({ kind: "Pod", namespace, name, uid });

/** The newest change that the endpoints show: what made them different from before. */
export function lastChange(service: ReadonlyService, pods: readonly ReadonlyPod[]): string {
  let latest = service.metadata.creationTimestamp;
  for (const { status } of pods) {
    const ready = conditionOf(status.conditions, "Ready");
    if (ready?.lastTransitionTime && ready.lastTransitionTime > latest) latest = ready.lastTransitionTime;
  }
  return latest;
}
