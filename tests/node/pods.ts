/** Plain Pod sandboxes and containers for tests of the runtime alone. */
import type { ContainerConfig, PodSandboxConfig } from "../../src/kubelet/runtime/config.ts";

/** The cgroup beneath which the tests' containers run. */
export const TEST_CGROUP = "/timonier-test";

export function sandboxConfig(name: string, logDirectory: string): PodSandboxConfig {
  return {
    metadata: { name, namespace: "default", uid: `uid-${name}`, attempt: 0 },
    hostname: name,
    logDirectory: `${logDirectory}/${name}`,
    portMappings: [],
    labels: { "io.kubernetes.pod.name": name },
    annotations: { note: "kept" },
    linux: {
      cgroupParent: `${TEST_CGROUP}/${name}`,
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
  const { securityContext } = sandboxConfig(name, "").linux;
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
