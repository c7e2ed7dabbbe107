/** The log files of containers, beside what the runtime writes: links by container, and their end. */
import { LABELS } from "../pod/runtime-pod.ts";

/** A container, as the runtime tells of it. */
export interface LogOwner {
  id: string;
  labels: Readonly<Record<string, string>>;
}

export interface ContainerLogFiles {
  /** Log shippers find a container's log by `POD_NAMESPACE_CONTAINER-ID.log`. */
  link(owner: LogOwner, path: string): Promise<void>;
  /** The container is gone: so are its link and, where `path` is given, its log with all that was put aside of it. */
  remove(owner: LogOwner, path?: string): Promise<void>;
  /** Removes directories of Pods that nobody knows, and links that lead nowhere of containers that the runtime does not have. */
  sweep(isKnown: (uid: string) => boolean, containers: ReadonlySet<string>): Promise<void>;
}

/** The longest name of a file. */
const LONGEST = 255;
const SUFFIX = ".log";

/** The name of a container's link; log shippers read Pod, namespace, container and id from it. */
export function linkName({ id, labels }: LogOwner): string {
  const { [LABELS.podName]: pod, [LABELS.podNamespace]: namespace, [LABELS.containerName]: container } = labels;
  return `${`${pod}_${namespace}_${container}-${id}`.slice(0, LONGEST - SUFFIX.length)}${SUFFIX}`;
}
