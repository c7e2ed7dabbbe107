/** The runtime's configuration of a container. Pure: what was read and prepared for it (environment, mounts, image) is given. */
import type { Environment } from "../environment/environment.ts";
import { expand } from "../environment/expansion.ts";
import type { PodContainer, ReadonlyPod } from "../pod/containers.ts";
import { LABELS } from "../pod/runtime-pod.ts";
import type { ContainerConfig, Mount } from "../runtime/config.ts";
import type { Image } from "../runtime/images.ts";
import { containerHash, HASH_ANNOTATION } from "./container-hash.ts";
import { containerResources, type Limits } from "./resources.ts";
import { checkNonRoot, containerSecurity } from "./security.ts";

/** Annotations by which a restarted kubelet, and tools, know how a container was meant. */
export const ANNOTATIONS = {
  restartCount: "io.kubernetes.container.restartCount",
  terminationMessagePath: "io.kubernetes.container.terminationMessagePath",
  terminationMessagePolicy: "io.kubernetes.container.terminationMessagePolicy",
  gracePeriod: "io.kubernetes.pod.terminationGracePeriod",
  preStop: "io.kubernetes.container.preStopHandler",
  ports: "io.kubernetes.container.ports",
} as const;

export interface ContainerConfigOptions {
  pod: ReadonlyPod;
  container: PodContainer;
  attempt: number;
  image: Image;
  imageReference: string;
  environment: Environment;
  mounts: readonly Mount[];
  machine: Limits;
  /** The container in whose process namespace an ephemeral one runs. */
  targetId?: string;
}

function annotationsOf({ pod, container, attempt }: ContainerConfigOptions): Record<string, string> {
  const { terminationGracePeriodSeconds } = pod.spec;
  const { lifecycle, ports = [] } = container;
  return {
    [HASH_ANNOTATION]: containerHash(container),
    [ANNOTATIONS.restartCount]: String(attempt),
    [ANNOTATIONS.terminationMessagePath]: container.terminationMessagePath,
    [ANNOTATIONS.terminationMessagePolicy]: container.terminationMessagePolicy,
    ...(terminationGracePeriodSeconds === null ? {} : { [ANNOTATIONS.gracePeriod]: String(terminationGracePeriodSeconds) }),
    ...(lifecycle?.preStop === undefined ? {} : { [ANNOTATIONS.preStop]: JSON.stringify(lifecycle.preStop) }),
    ...(ports.length === 0 ? {} : { [ANNOTATIONS.ports]: JSON.stringify(ports) }),
  };
}

/** Throws an Error, in upstream's words, where the container must not be run like that. */
export function containerConfig(options: ContainerConfigOptions): ContainerConfig {
  const { pod, container, attempt, image, imageReference, environment, mounts, machine, targetId } = options;
  checkNonRoot(pod, container, image);
  const variables = new Map(environment.map(({ key, value }) => [key, value]));
  const expanded = (words: readonly string[] = []): string[] => words.map((word) => expand(word, (name) => variables.get(name)));
  const { name, namespace, uid } = pod.metadata;
  return {
    metadata: { name: container.name, attempt },
    image: { image: imageReference, userSpecifiedImage: container.image ?? "" },
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir ?? "",
    envs: environment,
    mounts,
    devices: [],
    labels: {
      [LABELS.containerName]: container.name,
      [LABELS.podName]: name,
      [LABELS.podNamespace]: namespace,
      [LABELS.podUid]: uid,
    },
    annotations: annotationsOf(options),
    logPath: `${container.name}/${attempt}.log`,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    ...(container.lifecycle?.stopSignal === undefined ? {} : { stopSignal: container.lifecycle.stopSignal }),
    linux: {
      resources: containerResources(pod, container, machine),
      securityContext: containerSecurity(pod, container, image, targetId),
    },
  };
}
