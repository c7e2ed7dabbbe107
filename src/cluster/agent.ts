/**
 * The node agent: a private containerd, the kubelet and the proxy, in a process of its own.
 *
 * It talks to the API server as any kubelet does. When it dies, containers go on; the next agent finds them again.
 */
import { Service } from "../api/core/service.ts";
import { isIPv4 } from "../api/names.ts";
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { Logger } from "../base/logger.ts";
import type { Client } from "../client/client.ts";
import { createEventRecorder } from "../client/event-recorder.ts";
import type { Informers } from "../client/informer.ts";
import { guardNodeApi } from "../kubelet/api/access/guard.ts";
import {
  type Containerd,
  claimHostPaths,
  HOST_PATHS,
  inspectMachine,
  PAUSE_IMAGE,
  startContainerd,
} from "../kubelet/containerd/index.ts";
import { sandboxConnections } from "../kubelet/host/connections.ts";
import { containerLogFiles } from "../kubelet/host/container-log-files.ts";
import { hostLogFiles } from "../kubelet/host/host-log-files.ts";
import { logFiles } from "../kubelet/host/log-files.ts";
import { logFileRotation } from "../kubelet/host/log-rotation.ts";
import { machineFigures } from "../kubelet/host/machine-figures.ts";
import { hookHttp, networkProber } from "../kubelet/host/network-prober.ts";
import { nodeHost } from "../kubelet/host/node-host.ts";
import { createKubelet, type Kubelet } from "../kubelet/kubelet.ts";
import type { SetHostPorts } from "../kubelet/pod/context.ts";
import { criRuntime } from "../kubelet/runtime/cri/cri-runtime.ts";
import type { Runtime } from "../kubelet/runtime/runtime.ts";
import { followStarts } from "../kubelet/runtime/starts.ts";
import { type ServiceProxy, startProxy } from "../network/proxy/proxy.ts";
import { dialUpgrade } from "../wire/dial-upgrade.ts";
import { serve } from "../wire/server.ts";
import { dnsAddressOf } from "./addresses.ts";
import { type AgentConfig, BRIDGE, cgroupRootOf, NODE_API_PORT } from "./agent-config.ts";
import { connectComponent } from "./component-connection.ts";
import { startDnsThread } from "./dns-thread.ts";
import { startRotation } from "./logs/rotation.ts";
import { hasAppArmor, hostDns, machineFacts } from "./machine-facts.ts";

export interface AgentOptions {
  config: AgentConfig;
  /** Where `config` was read from: threads read it, too. */
  configFile: string;
  /** Where `logger`, and what else this process writes, ends up. */
  logFile: string;
  /** The node's DNS answers on this port of its address. */
  onDns(port: number): void;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
}

export interface Agent {
  /** Containers go on. */
  stop(): Promise<void>;
}

async function startRuntime({
  config,
  clock,
  logger,
}: AgentOptions): Promise<{ runtime: Runtime; containerd: Containerd | undefined }> {
  if (config.runtimeEndpoint !== undefined) {
    return {
      runtime: await criRuntime({ endpoint: config.runtimeEndpoint, clock, dial: dialUpgrade(clock) }),
      containerd: undefined,
    };
  }
  const containerd = await startContainerd({
    dataDirectory: config.dataDirectory,
    machine: await inspectMachine(),
    runtimeHandlers: config.runtimeHandlers,
    clock,
    logger,
  });
  return { runtime: await criRuntime({ endpoint: containerd.endpoint, clock, dial: dialUpgrade(clock) }), containerd };
}

/** The node's range comes from the API; until then Pods wait for their network. */
function followPodRange(runtime: Runtime, containerd: Containerd | undefined): Runtime {
  if (containerd === undefined) return runtime;
  return {
    ...runtime,
    async removePodSandbox(id, options) {
      await runtime.removePodSandbox(id, options);
      await containerd.forgetSandbox(id);
    },
    async updateRuntimeConfig(podCidr) {
      await containerd.writeNetwork({ podCidrs: [podCidr], bridge: BRIDGE });
    },
  };
}

async function startKubelet(
  options: AgentOptions,
  parts: { client: Client; informers: Informers; runtime: Runtime; proxy: NodeProxy | undefined },
): Promise<Kubelet> {
  const { config, clock, entropy, logger } = options;
  const { client, informers, proxy } = parts;
  const starts = followStarts(parts.runtime, clock);
  const { runtime } = starts;
  informers.watch(Service);
  const dns = { servers: [dnsAddressOf(config.serviceCidr)], domain: config.clusterDomain, host: await hostDns() };
  const kubelet = createKubelet({
    client,
    runtime,
    clock,
    entropy,
    logger,
    nodeName: config.nodeName,
    node: await machineFacts({ name: config.nodeName, address: config.nodeAddress, directory: config.dataDirectory }),
    prober: networkProber(runtime),
    output: logFiles(clock),
    cluster: { dns },
    host: nodeHost,
    machine: machineFigures(clock),
    hostLogs: hostLogFiles(),
    logFiles: containerLogFiles({ logs: HOST_PATHS.podLogs, links: HOST_PATHS.containerLogs }),
    logRotation: logFileRotation,
    pinnedImages: [PAUSE_IMAGE],
    hookHttp,
    ...(proxy === undefined ? {} : { withdraw: proxy.withdraw, setHostPorts: proxy.setHostPorts }),
    unanswered: sandboxConnections(runtime),
    services: {
      services: (namespace) => informers.list(Service, namespace),
      apiServer: () => informers.get(Service, "default", "kubernetes"),
    },
    events: createEventRecorder({
      client,
      clock,
      entropy,
      component: "kubelet",
      host: config.nodeName,
      logger,
      yieldTo: starts.over,
    }),
    paths: { root: HOST_PATHS.kubelet, logs: HOST_PATHS.podLogs },
    cgroupRoot: cgroupRootOf(config.dataDirectory),
    cgroupVersion: (await inspectMachine()).cgroupVersion,
    appArmor: await hasAppArmor(),
  });
  await kubelet.start();
  logger.info("the kubelet runs", { node: config.nodeName });
  return kubelet;
}

type NodeProxy = Pick<ServiceProxy, "withdraw" | "stop"> & { setHostPorts: SetHostPorts };

/** Undefined where it is switched off. */
async function startServiceProxy(options: AgentOptions): Promise<NodeProxy | undefined> {
  const { config, clock, logger } = options;
  if (config.proxy === undefined) return undefined;
  const { informers, close } = await connectComponent({
    ...options,
    kubeconfig: config.proxy.kubeconfig,
    userAgent: "kube-proxy",
  });
  const proxy = await startProxy({ nodeName: config.nodeName, base: config.proxy.network, informers, clock, logger });
  logger.info("the Service proxy runs");
  return {
    withdraw: (uid) => proxy.withdraw(uid),
    setHostPorts: (pod, ports) =>
      proxy.setHostPorts(
        pod,
        ports.map(({ hostIp, ...port }) => ({ ...port, hostIP: hostIp })),
      ),
    async stop() {
      await proxy.stop();
      await close();
    },
  };
}

/** Lines of a part of the agent say whose they are: `timonier logs` goes by it. */
const asPart = (options: AgentOptions, component: string): AgentOptions => ({
  ...options,
  logger: options.logger.with({ component }),
});

export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { config, clock } = options;
  const { logger } = asPart(options, "kubelet");
  if (config.runtimeEndpoint === undefined) await claimHostPaths(config.dataDirectory);
  const { runtime, containerd } = await startRuntime(asPart(options, "containerd"));
  const rotation = startRotation([options.logFile, ...(containerd === undefined ? [] : [containerd.layout.log])], clock);
  const node = await connectComponent({ ...options, logger, kubeconfig: config.kubeconfig, userAgent: "kubelet" });
  const proxy = await startServiceProxy(asPart(options, "proxy"));
  const dns =
    config.dns &&
    startDnsThread({
      configFile: options.configFile,
      clock,
      logger: asPart(options, "dns").logger,
      onListening: options.onDns,
    });
  const kubelet = await startKubelet(asPart(options, "kubelet"), {
    ...node,
    runtime: followPodRange(runtime, containerd),
    proxy,
  });
  const api = await serve({
    handler: guardNodeApi({ handler: kubelet.handler, client: node.client, clock, nodeName: config.nodeName, logger }),
    tls: { ...config.serving, clientCa: config.clientCa },
    address: isIPv4(config.nodeAddress) ? config.nodeAddress : "127.0.0.1",
    port: NODE_API_PORT,
    clock,
    log: logger,
  });
  return {
    async stop() {
      await dns?.stop();
      await proxy?.stop();
      await api.close();
      await kubelet.stop();
      containerd?.leave();
      await runtime.close();
      await node.close();
      rotation.stop();
    },
  };
}
