/** Plain Pod sandboxes and containers for tests of the runtime alone. */
import type { ContainerConfig, PodSandboxConfig } from "../../src/kubelet/runtime/config.ts";

export interface Place {
  readonly logs: string;
  readonly cgroup: string;
}

export function sandboxConfig(name: string, { logs, cgroup }: Place): PodSandboxConfig {
  return {
    metadata: { name, namespace: "default", uid: `uid-${name}`, attempt: 0 },
    hostname: name,
    logDirectory: `${logs}/${name}`,
    portMappings: [],
    labels: { "io.kubernetes.pod.name": name },
    annotations: { note: "kept" },
    linux: {
      cgroupParent: `${cgroup}/${name}`,
      sysctls: {},
      securityContext: {
        namespaces: { network: "Pod", pid: "Container", ipc: "Pod" },
        readonlyRootfs: false,
        supplementalGroups: [],
        supplementalGroupsPolicy: "Merge",
        privileged: false,
      },
    },
  };
}

export function containerConfig(name: string, image: string, command: readonly string[]): ContainerConfig {
  const { securityContext } = sandboxConfig(name, { logs: "", cgroup: "" }).linux;
  return {
    metadata: { name, attempt: 0 },
    image: { image, userSpecifiedImage: image },
    command,
    args: [],
    workingDir: "",
    envs: [],
    mounts: [],
    devices: [],
    labels: {},
    annotations: {},
    logPath: `${name}.log`,
    stdin: false,
    stdinOnce: false,
    tty: false,
    linux: {
      resources: {},
      securityContext: {
        ...securityContext,
        capabilities: { add: [], drop: [] },
        noNewPrivileges: false,
        maskedPaths: [],
        readonlyPaths: [],
      },
    },
  };
}
