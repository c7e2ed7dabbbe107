/** The checks of the level `baseline`: known privilege escalations. */
import {
  badContainers,
  type Check,
  type CheckedContainer,
  type CheckedPod,
  containerList,
  containersOf,
  quoted,
  unique,
  type Violation,
  whoList,
} from "./check.ts";

const CAPABILITIES: ReadonlySet<string> = new Set(
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(" "),
);
const SYSCTLS: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);
const SELINUX_TYPES: ReadonlySet<string> = new Set([
  "",
  "container_t",
  "container_init_t",
  "container_kvm_t",
  "container_engine_t",
]);
const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";

const appArmorProfile: Check = {
  id: "appArmorProfile",
  run(pod) {
    const isBad = (profile: { type: string } | null | undefined): boolean =>
      profile != null && !["RuntimeDefault", "Localhost"].includes(profile.type);
    const isPod = isBad(pod.spec.securityContext?.appArmorProfile);
    const names = badContainers(pod, ({ securityContext }) => isBad(securityContext?.appArmorProfile));
    const annotations = Object.entries(pod.annotations)
      .filter(
        ([key, value]) =>
          key.startsWith(APPARMOR_ANNOTATION) && !["", "runtime/default"].includes(value) && !value.startsWith("localhost/"),
      )
      .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      .sort();
    const details = [
      ...(isPod || names.length > 0 ? [`${whoList(isPod, names)} must not set AppArmor profile type to "Unconfined"`] : []),
      ...(annotations.length > 0 ? [`${annotations.length === 1 ? "annotation" : "annotations"} ${annotations.join(", ")}`] : []),
    ];
    if (details.length === 0) return undefined;
    return {
      reason:
        details.length + annotations.length + names.length > 2 ? "forbidden AppArmor profiles" : "forbidden AppArmor profile",
      detail: details.join(", "),
    };
  },
};

/** Names and capabilities that `allowed` does not have. */
export function addedCapabilities(pod: CheckedPod, allowed: ReadonlySet<string>): string | undefined {
  const added = ({ securityContext }: CheckedContainer): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((each) => !allowed.has(each));
  const names = badContainers(pod, (container) => added(container).length > 0);
  if (names.length === 0) return undefined;
  const capabilities = unique(containersOf(pod).flatMap(added)).sort();
  return `${containerList(names)} must not include ${quoted(capabilities)} in securityContext.capabilities.add`;
}

const capabilities: Check = {
  id: "capabilities_baseline",
  run(pod) {
    const detail = addedCapabilities(pod, CAPABILITIES);
    return detail === undefined ? undefined : { reason: "non-default capabilities", detail };
  },
};

const hostNamespaces: Check = {
  id: "hostNamespaces",
  run({ spec }) {
    const set = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((key) => spec[key]);
    return set.length === 0 ? undefined : { reason: "host namespaces", detail: set.map((key) => `${key}=true`).join(", ") };
  },
};

const hostPathVolumes: Check = {
  id: "hostPathVolumes",
  run({ spec }) {
    const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath != null).map(({ name }) => name);
    return names.length === 0
      ? undefined
      : { reason: "hostPath volumes", detail: `${names.length === 1 ? "volume" : "volumes"} ${quoted(names)}` };
  },
};

const hostPorts: Check = {
  id: "hostPorts",
  run(pod) {
    const portsOf = ({ ports }: CheckedContainer): number[] =>
      (ports ?? []).flatMap(({ hostPort }) => (hostPort ? [hostPort] : []));
    const names = badContainers(pod, (container) => portsOf(container).length > 0);
    if (names.length === 0) return undefined;
    const ports = unique(containersOf(pod).flatMap(portsOf).map(String)).sort();
    const uses = `${names.length === 1 ? "uses" : "use"} ${ports.length === 1 ? "hostPort" : "hostPorts"}`;
    return { reason: "hostPort", detail: `${containerList(names)} ${uses} ${ports.join(", ")}` };
  },
};

const hostProbes: Check = {
  id: "hostProbesAndhostLifecycle",
  run(pod) {
    const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: CheckedContainer): string[] =>
      [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
        .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
        .filter((host): host is string => host !== undefined && host !== "");
    const names = badContainers(pod, (container) => hostsOf(container).length > 0);
    if (names.length === 0) return undefined;
    const hosts = unique(containersOf(pod).flatMap(hostsOf)).sort();
    const uses = `${names.length === 1 ? "uses" : "use"} probe or lifecycle ${hosts.length === 1 ? "host" : "hosts"}`;
    return { reason: "probe or lifecycle host", detail: `${containerList(names)} ${uses} ${quoted(hosts)}` };
  },
};

const privileged: Check = {
  id: "privileged",
  run(pod) {
    const names = badContainers(pod, ({ securityContext }) => securityContext?.privileged === true);
    return names.length === 0
      ? undefined
      : { reason: "privileged", detail: `${containerList(names)} must not set securityContext.privileged=true` };
  },
};

const procMount: Check = {
  id: "procMount",
  run(pod) {
    // In a user namespace of its own a Pod sees nothing of the host there.
    if (pod.spec.hostUsers === false) return undefined;
    const isBad = ({ securityContext }: CheckedContainer): boolean =>
      !["Default", undefined, null].includes(securityContext?.procMount);
    const names = badContainers(pod, isBad);
    if (names.length === 0) return undefined;
    const types = unique(
      containersOf(pod)
        .filter(isBad)
        .map(({ securityContext }) => securityContext?.procMount ?? ""),
    ).sort();
    return { reason: "procMount", detail: `${containerList(names)} must not set securityContext.procMount to ${quoted(types)}` };
  },
};

const seLinuxOptions: Check = {
  id: "seLinuxOptions",
  run(pod) {
    const complaints: string[] = [];
    const isBad = (options: { type?: string; user?: string; role?: string } | null | undefined): boolean => {
      const found = [
        ...(SELINUX_TYPES.has(options?.type ?? "") ? [] : [`type ${JSON.stringify(options?.type)}`]),
        ...(options?.user ? ["user may not be set"] : []),
        ...(options?.role ? ["role may not be set"] : []),
      ];
      complaints.push(...found);
      return found.length > 0;
    };
    const isPod = isBad(pod.spec.securityContext?.seLinuxOptions);
    const names = badContainers(pod, ({ securityContext }) => isBad(securityContext?.seLinuxOptions));
    if (!isPod && names.length === 0) return undefined;
    return {
      reason: "seLinuxOptions",
      detail: `${whoList(isPod, names)} set forbidden securityContext.seLinuxOptions: ${unique(complaints).join("; ")}`,
    };
  },
};

const seccompProfile: Check = {
  id: "seccompProfile_baseline",
  run(pod) {
    const isBad = (profile: { type: string } | null | undefined): boolean => profile?.type === "Unconfined";
    const isPod = isBad(pod.spec.securityContext?.seccompProfile);
    const names = badContainers(pod, ({ securityContext }) => isBad(securityContext?.seccompProfile));
    if (!isPod && names.length === 0) return undefined;
    return {
      reason: "seccompProfile",
      detail: `${whoList(isPod, names)} must not set securityContext.seccompProfile.type to "Unconfined"`,
    };
  },
};

const sysctls: Check = {
  id: "sysctls",
  run({ spec }) {
    const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !SYSCTLS.has(name));
    return names.length === 0 ? undefined : { reason: "forbidden sysctls", detail: names.join(", ") };
  },
};

const windowsHostProcess: Check = {
  id: "windowsHostProcess",
  run(pod): Violation | undefined {
    const isPod = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
    const names = badContainers(pod, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
    if (!isPod && names.length === 0) return undefined;
    return {
      reason: "hostProcess",
      detail: `${whoList(isPod, names)} must not set securityContext.windowsOptions.hostProcess=true`,
    };
  },
};

/** In the order of their ids. */
export const baselineChecks: readonly Check[] = [
  appArmorProfile,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinuxOptions,
  seccompProfile,
  sysctls,
  windowsHostProcess,
];
