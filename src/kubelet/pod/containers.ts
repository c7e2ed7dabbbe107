/** The containers of a Pod, in the terms that the whole kubelet uses. */
import type { Pod } from "../../api/core/pod/pod.ts";
import type { Container, EphemeralContainer } from "../../api/generated/shared.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

export type ReadonlyPod = DeepReadonly<Pod>;
export type PodContainer = DeepReadonly<Container>;
export type ContainerKind = "init" | "app" | "ephemeral";

/** `name_namespace(uid)`: how Events and messages name a Pod. */
export const podName = ({ metadata: { name, namespace, uid } }: ReadonlyPod): string => `${name}_${namespace}(${uid})`;

/** An init container that goes on beside the others. https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/ */
export const isSidecar = (container: PodContainer): boolean => container.restartPolicy === "Always";

export const ephemeralContainers = (pod: ReadonlyPod): readonly PodContainer[] =>
  (pod.spec.ephemeralContainers ?? []) as readonly DeepReadonly<EphemeralContainer>[] as readonly PodContainer[];

export interface NamedContainer {
  container: PodContainer;
  kind: ContainerKind;
}

/** Init containers, the others, then ephemeral ones. */
export const allContainers = (pod: ReadonlyPod): NamedContainer[] => [
  ...(pod.spec.initContainers ?? []).map((container) => ({ container, kind: "init" as const })),
  ...pod.spec.containers.map((container) => ({ container, kind: "app" as const })),
  ...ephemeralContainers(pod).map((container) => ({ container, kind: "ephemeral" as const })),
];

export const findContainer = (pod: ReadonlyPod, name: string): NamedContainer | undefined =>
  allContainers(pod).find(({ container }) => container.name === name);

const FIELDS = { init: "initContainers", app: "containers", ephemeral: "ephemeralContainers" } as const;

/** The part of the Pod that an Event about a container names. */
export const fieldPath = ({ container, kind }: NamedContainer): string => `spec.${FIELDS[kind]}{${container.name}}`;

export const isTerminalPhase = (phase: string | undefined): boolean => phase === "Succeeded" || phase === "Failed";
export const isOnHostNetwork = (pod: ReadonlyPod): boolean => pod.spec.hostNetwork === true;
