/** Security contexts of Pod and container, as the runtime takes them. https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ */
import { type PodContainer, podName, type ReadonlyPod } from "../pod/containers.ts";
import type {
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  NamespaceOptions,
  SecurityProfile,
} from "../runtime/config.ts";
import type { Image } from "../runtime/images.ts";

const MASKED = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

function namespacesOf({ spec }: ReadonlyPod, targetId?: string): NamespaceOptions {
  const pid = spec.hostPID ? "Node" : spec.shareProcessNamespace ? "Pod" : "Container";
  return {
    network: spec.hostNetwork ? "Node" : "Pod",
    ipc: spec.hostIPC ? "Node" : "Pod",
    ...(targetId === undefined || pid !== "Container" ? { pid } : { pid: "Target", targetId }),
  };
}

interface Profile {
  readonly type: string;
  readonly localhostProfile?: string;
}

const profileOf = ({ type, localhostProfile = "" }: Profile): SecurityProfile => ({
  type: type as SecurityProfile["type"],
  localhostRef: localhostProfile,
});

export function sandboxSecurity(pod: ReadonlyPod): LinuxSandboxSecurityContext {
  const { securityContext: own = {}, containers, initContainers = [] } = pod.spec;
  return {
    namespaces: namespacesOf(pod),
    readonlyRootfs: false,
    ...(own.runAsUser === undefined ? {} : { runAsUser: own.runAsUser }),
    ...(own.runAsGroup === undefined ? {} : { runAsGroup: own.runAsGroup }),
    supplementalGroups: [...(own.fsGroup === undefined ? [] : [own.fsGroup]), ...(own.supplementalGroups ?? [])],
    supplementalGroupsPolicy: own.supplementalGroupsPolicy ?? "Merge",
    privileged: [...containers, ...initContainers].some(({ securityContext }) => securityContext?.privileged),
    seccomp: own.seccompProfile === undefined ? { type: "RuntimeDefault", localhostRef: "" } : profileOf(own.seccompProfile),
  };
}

/** Throws an Error, in upstream's words, where the container must not run as root and would. */
export function checkNonRoot(pod: ReadonlyPod, container: PodContainer, image: Image): void {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  if (!(own.runAsNonRoot ?? shared.runAsNonRoot)) return;
  const about = `(pod: "${podName(pod)}", container: ${container.name})`;
  const user = own.runAsUser ?? shared.runAsUser;
  if (user === 0) throw new Error(`container's runAsUser breaks non-root policy ${about}`);
  if (user !== undefined) return;
  if (image.uid === 0 || (image.uid === undefined && !image.username))
    throw new Error(`container has runAsNonRoot and image will run as root ${about}`);
  if (image.username)
    throw new Error(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${about}`,
    );
}

export function containerSecurity(
  pod: ReadonlyPod,
  container: PodContainer,
  image: Image,
  targetId?: string,
): LinuxContainerSecurityContext {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const privileged = own.privileged ?? false;
  const user = own.runAsUser ?? shared.runAsUser ?? image.uid;
  const group = own.runAsGroup ?? shared.runAsGroup;
  const seccomp = own.seccompProfile ?? shared.seccompProfile;
  const apparmor = own.appArmorProfile ?? shared.appArmorProfile;
  const open = own.procMount === "Unmasked" || privileged;
  return {
    namespaces: namespacesOf(pod, targetId),
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    ...(user === undefined ? (image.username ? { runAsUsername: image.username } : {}) : { runAsUser: user }),
    ...(group === undefined ? {} : { runAsGroup: group }),
    supplementalGroups: [...(shared.fsGroup === undefined ? [] : [shared.fsGroup]), ...(shared.supplementalGroups ?? [])],
    supplementalGroupsPolicy: shared.supplementalGroupsPolicy ?? "Merge",
    privileged,
    ...(seccomp === undefined ? {} : { seccomp: profileOf(seccomp) }),
    ...(apparmor === undefined ? {} : { apparmor: profileOf(apparmor) }),
    capabilities: { add: own.capabilities?.add ?? [], drop: own.capabilities?.drop ?? [] },
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    maskedPaths: open ? [] : MASKED,
    readonlyPaths: open ? [] : READ_ONLY,
  };
}
