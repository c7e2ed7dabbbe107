/**
 * What a node has promised to a Pod, and what its containers have: the first follows the spec once there is room, the second follows
 * the first. Pure.
 *
 * A Pod is worked on as it is allocated: its spec with the resources that were promised in place of those that are asked for.
 * https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
import type { ContainerStatus } from "../../api/generated/core-v1.ts";
import type { Container, ResourceRequirements } from "../../api/generated/shared.ts";
import { quantityMilliValue, quantityValue } from "../../api/quantity.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { PodContainer, ReadonlyPod } from "./containers.ts";

export type Resources = DeepReadonly<ResourceRequirements>;

export interface Allocation {
  /** Of the Pod itself. */
  readonly pod: Resources | undefined;
  /** By the container's name. */
  readonly containers: ReadonlyMap<string, Resources>;
}

const resizable = ({ spec }: ReadonlyPod): PodContainer[] => [...(spec.initContainers ?? []), ...spec.containers];

/** All that the spec asks for. */
export const asked = (pod: ReadonlyPod): Allocation => ({
  pod: pod.spec.resources,
  containers: new Map(resizable(pod).map(({ name, resources }) => [name, resources ?? {}])),
});

/** cpu in thousandths, memory in bytes: requests, then limits. */
function amounts({ requests = {}, limits = {} }: Resources): number[] {
  const of = (list: Readonly<Record<string, string>>): number[] => [
    quantityMilliValue(list.cpu ?? "0"),
    quantityValue(list.memory ?? "0"),
  ];
  return [...of(requests), ...of(limits)];
}

const sameResources = (a: Resources = {}, b: Resources = {}): boolean => {
  const others = amounts(b);
  return amounts(a).every((amount, index) => amount === others[index]);
};

const sameRequests = (a: Resources, b: Resources): boolean =>
  sameResources({ requests: { ...a.requests } }, { requests: { ...b.requests } });

/** What a kubelet before this one had promised, by what it said of the containers. */
export function said(pod: ReadonlyPod): Allocation {
  const statuses = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
  const statusOf = (name: string): DeepReadonly<ContainerStatus> | undefined => statuses.find((status) => status.name === name);
  const before = (container: PodContainer): Resources => {
    const { containerID, allocatedResources = {}, resources } = statusOf(container.name) ?? {};
    const wanted = container.resources ?? {};
    if (containerID === undefined || sameRequests({ requests: allocatedResources }, wanted)) return wanted;
    return { requests: allocatedResources, ...(resources?.limits === undefined ? {} : { limits: resources.limits }) };
  };
  const containers = new Map(resizable(pod).map((container) => [container.name, before(container)]));
  return { pod: pod.spec.resources, containers };
}

export const sameAllocation = (a: Allocation, b: Allocation): boolean =>
  sameResources(a.pod, b.pod) && [...a.containers].every(([name, resources]) => sameResources(resources, b.containers.get(name)));

/** The Pod with the resources that it was promised. */
export function allocated(pod: ReadonlyPod, allocation: Allocation): ReadonlyPod {
  if (sameAllocation(asked(pod), allocation)) return pod;
  const given = (container: PodContainer): PodContainer => ({
    ...container,
    resources: allocation.containers.get(container.name) ?? container.resources,
  });
  const { initContainers, containers } = pod.spec;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      ...(allocation.pod === undefined ? {} : { resources: allocation.pod }),
      containers: containers.map(given),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(given) }),
    },
  };
}

/** What a container may use: its own limits, else those of its Pod. */
export function effective(pod: ReadonlyPod, resources: Resources = {}): Resources {
  const own = pod.spec.resources?.limits;
  if (own === undefined) return resources;
  const limits = { ...resources.limits };
  for (const name of ["cpu", "memory"]) if (limits[name] === undefined && own[name] !== undefined) limits[name] = own[name];
  return { ...resources, limits };
}

/** What a running container needs that has other resources than it is to have; undefined: nothing. */
export function resizeOf(
  container: DeepReadonly<Container>,
  wanted: Resources,
  actual: Resources,
): "restart" | "update" | undefined {
  if (sameResources(wanted, actual)) return undefined;
  const [now, before] = [amounts(wanted), amounts(actual)];
  const differs = { cpu: now[0] !== before[0] || now[2] !== before[2], memory: now[1] !== before[1] || now[3] !== before[3] };
  const restarts = (container.resizePolicy ?? []).some(
    ({ resourceName, restartPolicy }) => restartPolicy === "RestartContainer" && differs[resourceName as "cpu" | "memory"],
  );
  return restarts ? "restart" : "update";
}

/** As Events of a resize describe it. */
export function resizeSummary(pod: ReadonlyPod, generation: number | undefined, error?: string): string {
  const describe = (containers: readonly PodContainer[] | undefined) =>
    containers?.map(({ name, resources = {} }) => ({
      name,
      resources: {
        ...(resources.limits === undefined ? {} : { limits: sorted(resources.limits) }),
        ...(resources.requests === undefined ? {} : { requests: sorted(resources.requests) }),
      },
    }));
  const { initContainers, containers } = pod.spec;
  return JSON.stringify({
    ...(initContainers?.length ? { initContainers: describe(initContainers) } : {}),
    containers: describe(containers),
    ...(generation === undefined ? {} : { generation }),
    ...(error === undefined ? {} : { error }),
  });
}

const sorted = (list: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1)));
