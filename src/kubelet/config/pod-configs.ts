/** Reads and writes what a Pod's sandbox and containers need, and hands it to the pure builders beside. */

import type { Service } from "../../api/core/service.ts";
import { encodeHex, encodeUtf8 } from "../../base/bytes.ts";
import type { Clock } from "../../base/clock.ts";
import type { Entropy } from "../../base/entropy.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type ClusterDns, dnsOf, hostsFile, sandboxHostname } from "../environment/dns.ts";
import { type Environment, environmentOf } from "../environment/environment.ts";
import { expand } from "../environment/expansion.ts";
import { serviceVariables } from "../environment/service-links.ts";
import type { Host } from "../host/host.ts";
import { credentialsFor } from "../images/credentials.ts";
import type { ReadonlyPod } from "../pod/containers.ts";
import type { ContainerMaterial, PodConfigs } from "../pod/context.ts";
import type { Mount } from "../runtime/config.ts";
import type { ObjectSource } from "../sources/objects.ts";
import type { PodVolumes } from "../volumes/volumes.ts";
import { containerConfig } from "./container.ts";
import { podCgroups } from "./pod-cgroups.ts";
import { cgroupParentOf } from "./qos.ts";
import { containerResources, type Limits } from "./resources.ts";
import { logDirectoryOf, sandboxConfig } from "./sandbox.ts";

/** Where a node keeps things. */
export interface KubeletPaths {
  /** Upstream's: /var/lib/kubelet. */
  root: string;
  /** Upstream's: /var/log/pods. */
  logs: string;
}

export interface ServiceSource {
  /** Those of a namespace. */
  services(namespace: string): Iterable<DeepReadonly<Service>>;
  /** default/kubernetes. */
  apiServer(): DeepReadonly<Service> | undefined;
}

export interface PodConfigsOptions {
  clock: Clock;
  entropy: Entropy;
  paths: KubeletPaths;
  cgroupRoot: string;
  dns: ClusterDns;
  objects: ObjectSource;
  services: ServiceSource | undefined;
  volumes: PodVolumes;
  host: Host | undefined;
  hostIps(): readonly string[];
  allocatable(): Readonly<Record<string, string>>;
  machine: Limits;
}

export const podDirectoryOf = (pod: ReadonlyPod, { root }: KubeletPaths): string => `${root}/pods/${pod.metadata.uid}`;

const bind = (hostPath: string, containerPath: string, readonly = false): Mount => ({
  hostPath,
  containerPath,
  readonly,
  recursiveReadOnly: false,
  selinuxRelabel: false,
  propagation: "Private",
});

export function createPodConfigs(options: PodConfigsOptions): PodConfigs {
  const { clock, paths, cgroupRoot, dns, objects, services, volumes, host } = options;

  function environment({ pod, named, podIps }: Pick<ContainerMaterial, "pod" | "named" | "podIps">): Promise<Environment> {
    const { namespace } = pod.metadata;
    const links =
      services === undefined
        ? {}
        : serviceVariables(services.services(namespace), services.apiServer(), pod.spec.enableServiceLinks ?? true);
    return environmentOf({
      pod,
      container: named.container,
      objects,
      services: links,
      podIps,
      hostIps: options.hostIps(),
      allocatable: options.allocatable(),
    });
  }

  async function mountsOf(material: ContainerMaterial, variables: Environment): Promise<Mount[]> {
    const { pod, named } = material;
    const values = new Map(variables.map(({ key, value }) => [key, value]));
    const valueNamed = (name: string): string => {
      const value = values.get(name);
      if (value === undefined) throw new Error(`missing value for "${name}"`);
      return value;
    };
    const mounts = await volumes.mounts(pod, named.container, (text) => expand(text, valueNamed));
    return host === undefined ? mounts : [...mounts, ...(await managedMounts(host, material, mounts, options))];
  }

  return {
    async sandbox(pod, attempt) {
      const hostname = sandboxHostname(pod, dns.domain);
      const seenAt = new Date(clock.now()).toISOString();
      // Runtimes write logs into directories that are there.
      await host?.makeDirectory(logDirectoryOf(pod, paths.logs), 0o755);
      return sandboxConfig({ pod, attempt, hostname, dns: dnsOf(pod, dns), logRoot: paths.logs, cgroupRoot, seenAt });
    },
    environment,
    async container(material) {
      const { pod, named, attempt, image, imageReference, targetId } = material;
      const variables = await environment(material);
      await host?.makeDirectory(`${logDirectoryOf(pod, paths.logs)}/${named.container.name}`, 0o755);
      const mounts = await mountsOf(material, variables);
      return containerConfig({
        pod,
        container: named.container,
        attempt,
        image,
        imageReference,
        environment: variables,
        mounts,
        machine: options.machine,
        ...(targetId === undefined ? {} : { targetId }),
      });
    },
    resources: (pod, container) => containerResources(pod, container, options.machine),
    ...podCgroups(options),
    credentials: (pod, image) => pullCredentials(objects, pod, image),
    async cleanUp(pod) {
      await host?.endCgroup(cgroupParentOf(pod, cgroupRoot));
      await host?.remove(podDirectoryOf(pod, paths));
      await host?.remove(logDirectoryOf(pod, paths.logs));
    },
  };
}

async function pullCredentials(objects: ObjectSource, pod: ReadonlyPod, image: string): ReturnType<PodConfigs["credentials"]> {
  const names = (pod.spec.imagePullSecrets ?? []).map(({ name }) => name ?? "");
  // A pull secret that is missing is left out: the image may be public.
  const secrets = await Promise.allSettled(names.map((name) => objects.secret(pod.metadata.namespace, name)));
  return credentialsFor(
    image,
    secrets.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])),
  );
}

/** /etc/hosts and the termination message file, unless the Pod mounts something of its own there. */
async function managedMounts(
  host: Host,
  { pod, named, podIps }: ContainerMaterial,
  own: readonly Mount[],
  { paths, dns, entropy }: PodConfigsOptions,
): Promise<Mount[]> {
  const { container } = named;
  const directory = podDirectoryOf(pod, paths);
  const isFree = (path: string): boolean => !own.some(({ containerPath }) => containerPath === path);
  const mounts: Mount[] = [];
  if (isFree("/etc/hosts")) {
    const hostFile = pod.spec.hostNetwork ? await host.readFile("/etc/hosts") : undefined;
    const text = hostsFile(pod, podIps, dns.domain, hostFile === undefined ? "" : new TextDecoder().decode(hostFile));
    await host.writeFile(`${directory}/etc-hosts`, encodeUtf8(text), 0o644);
    mounts.push(bind(`${directory}/etc-hosts`, "/etc/hosts"));
  }
  const messagePath = container.terminationMessagePath;
  if (messagePath && isFree(messagePath)) {
    const file = `${directory}/containers/${container.name}/${encodeHex(entropy.bytes(4))}`;
    // Written by whichever user the container runs as.
    await host.writeFile(file, new Uint8Array(0), 0o666);
    mounts.push(bind(file, messagePath));
  }
  return mounts;
}
