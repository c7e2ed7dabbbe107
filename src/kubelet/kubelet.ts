/**
 * The kubelet: takes the Pods that are bound to its node, and sees to it that the runtime has what they ask for.
 *
 * It stands on interfaces only: a Client, a Runtime, a Clock, and a Host where there is a machine; without one everything happens in
 * memory, so thousands of nodes fit into a process. Everything it knows is in the API server or in the runtime: it can be stopped and
 * started at any moment.
 * https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/
 */
import { Node } from "../api/core/node.ts";
import { quantityValue } from "../api/quantity.ts";
import type { HttpHandler } from "../base/http.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import { createEventRecorder } from "../client/event-recorder.ts";
import { type Reflector, startReflector } from "../client/reflector.ts";
import { admitPod } from "./admission/admission.ts";
import { type NodeApiOptions, nodeApi } from "./api/node-api.ts";
import { createPodConfigs } from "./config/pod-configs.ts";
import { createImagePuller } from "./images/puller.ts";
import { hookRunner } from "./lifecycle/hooks.ts";
import { type KubeletMetrics, kubeletMetrics } from "./metrics/kubelet-metrics.ts";
import { measuredProber, measuredRuntime } from "./metrics/measured.ts";
import { createStarts, type Starts } from "./metrics/starts.ts";
import { createNodeReporter, type NodeReporter } from "./node/reporter.ts";
import { DEFAULT_CGROUP_ROOT, DEFAULT_PATHS, type KubeletOptions } from "./options.ts";
import { createBackoff } from "./pod/backoff.ts";
import type { ReadonlyPod } from "./pod/containers.ts";
import type { PodContext } from "./pod/context.ts";
import { followRuntime, type LifecycleEventsOptions } from "./pod/lifecycle-events.ts";
import { createOrphans, type Orphans } from "./pod/orphans.ts";
import { runtimeHandlers } from "./pod/runtime-handler.ts";
import { createPodWorker, type PodWorker } from "./pod/worker.ts";
import { createProbeManager } from "./probes/manager.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";
import { watchedObjects } from "./sources/objects.ts";
import { followPods } from "./sources/pods.ts";
import { createStats } from "./stats/collector.ts";
import { writtenRequests } from "./status/requests.ts";
import { startUpkeep, type Upkeep } from "./upkeep.ts";
import { unwrittenVolumes } from "./volumes/unwritten.ts";
import { writtenVolumes } from "./volumes/written.ts";
import { createWheel } from "./wheel.ts";

export interface Kubelet {
  /** Registers the node and begins to take Pods. Resolves when the server has the node. */
  start(): Promise<void>;
  /** Lets go of everything; containers go on. */
  stop(): Promise<void>;
  /** The node API: logs, Pods, health. https://kubernetes.io/docs/reference/node/kubelet-files/ */
  readonly handler: HttpHandler;
  /** Every Pod of the node has been looked at since the start. */
  synced(): Promise<void>;
}

/** All that a kubelet is made of, and what it still has to let go of. */
interface Parts {
  context: PodContext;
  workers: Map<string, PodWorker>;
  reporter: NodeReporter;
  appArmor: boolean;
  metrics: KubeletMetrics;
  starts: Starts;
  runtime: Runtime;
  release(): void;
}

function createParts(options: KubeletOptions): Parts {
  const { client, clock, entropy, logger, nodeName, node, host, output, cluster } = options;
  const metrics = kubeletMetrics();
  const runtime = measuredRuntime(options.runtime, metrics, clock);
  const starts = createStarts(metrics, clock);
  const prober = measuredProber(options.prober, metrics, clock);
  const wheel = createWheel(clock);
  const workers = new Map<string, PodWorker>();
  const events = options.events ?? createEventRecorder({ client, clock, entropy, component: "kubelet", host: nodeName, logger });
  const reporter = createNodeReporter({ client, runtime, clock, wheel, logger, events, nodeName, facts: node });
  const objects = options.objects ?? watchedObjects({ client, clock, entropy, logger });
  const hostIps = (): readonly string[] =>
    node.addresses.filter(({ type }) => type === "InternalIP").map(({ address }) => address);
  const allocatable = () => reporter.node.status.allocatable ?? node.allocatable ?? node.capacity;
  const paths = options.paths ?? DEFAULT_PATHS;
  const shared = { objects, hostIps, allocatable };
  const volumes =
    host === undefined
      ? unwrittenVolumes(objects, hostIps, allocatable)
      : writtenVolumes({ ...shared, runtime, client, clock, wheel, entropy, logger, host, paths });
  const configs = createPodConfigs({
    ...shared,
    clock,
    entropy,
    paths,
    cgroupRoot: options.cgroupRoot ?? DEFAULT_CGROUP_ROOT,
    dns: cluster.dns,
    services: options.services,
    volumes,
    host,
    machine: { memoryBytes: quantityValue(node.capacity.memory ?? "0"), cgroupVersion: options.cgroupVersion ?? 2 },
  });
  const context: PodContext = {
    client,
    runtime,
    runtimeName: "containerd",
    clock,
    wheel,
    logger,
    events,
    images: createImagePuller({ runtime, clock, events, backoff: createBackoff() }),
    crashes: createBackoff(),
    probes: createProbeManager({ prober, clock, wheel, events, onChange: (uid) => workers.get(uid)?.wake() }),
    runHook: hookRunner({ runtime, clock, events, http: options.hookHttp }),
    withdraw: options.withdraw,
    setHostPorts: options.setHostPorts,
    runtimeHandler: runtimeHandlers({ client, runtime, mapsUsers: host === undefined }),
    unanswered: options.unanswered,
    output,
    volumes,
    configs,
    hostIps,
    sumOfRequests: writtenRequests,
    onStatus: starts.said,
    roomMade() {
      for (const worker of workers.values()) if (worker.waitsForRoom) worker.wake();
    },
    logFiles: options.logFiles,
  };
  const release = (): void => {
    wheel.stop();
    void objects.stop();
    if ("stop" in events && typeof events.stop === "function") events.stop();
  };
  return { context, workers, reporter, appArmor: options.appArmor ?? true, metrics, starts, runtime, release };
}

/** Gives each Pod of the node its worker. `hasLooked`: all that was bound before has its worker already. */
function workersFor({ context, workers, reporter, appArmor, metrics, starts }: Parts, hasLooked: () => boolean) {
  const othersThan = (pod: ReadonlyPod): ReadonlyPod[] =>
    [...workers.values()].filter((each) => each.isActive && each.pod.metadata.uid !== pod.metadata.uid).map((each) => each.pod);
  return {
    put(pod: ReadonlyPod): void {
      const { uid } = pod.metadata;
      const worker = workers.get(uid);
      if (worker !== undefined) return worker.update(pod);
      starts.seen(pod);
      const created = createPodWorker({
        context,
        pod,
        isNew: hasLooked(),
        admit: (candidate) => admitPod(candidate, { node: reporter.node, others: othersThan(candidate), appArmor }),
        onGone() {
          workers.delete(uid);
          metrics.forgetPod(uid);
          starts.forget(uid);
        },
      });
      workers.set(uid, created);
    },
    removed: (uid: string): void => workers.get(uid)?.removed(),
    wake: (uid: string): void => workers.get(uid)?.wake(),
    wakeAll(): void {
      for (const worker of workers.values()) worker.wake();
    },
  };
}

/** What the node API speaks of. */
function apiOf(options: KubeletOptions, { workers, context, metrics, runtime }: Parts): Omit<NodeApiOptions, "syncProblem"> {
  const { nodeName, clock, logger, node, machine, cluster, cgroupVersion = 2, cgroupRoot = DEFAULT_CGROUP_ROOT } = options;
  const paths = options.paths ?? DEFAULT_PATHS;
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const address = node.addresses.find(({ type }) => type === "InternalIP")?.address ?? "";
  const maxPods = Number(node.capacity.pods ?? 0);
  const pods = () => [...workers.values()].map(({ pod, status }) => ({ ...pod, status }));
  return {
    nodeName,
    capacity: node.capacity,
    cgroupVersion,
    runtime,
    workers,
    context,
    logger,
    metrics,
    stats: createStats({ nodeName, clock, runtime, machine, capacity: node.capacity, paths, cgroupRoot, pods }),
    configured: { settings, dns: cluster.dns, paths, cgroupRoot, maxPods, address, port: node.port },
    hostLogs: options.hostLogs,
  };
}

function orphansOf({ runtime, logger, host, paths, cgroupRoot }: KubeletOptions, { context, workers }: Parts): Orphans {
  return createOrphans({
    runtime,
    wheel: context.wheel,
    logger,
    host,
    paths: paths ?? DEFAULT_PATHS,
    cgroupRoot: cgroupRoot ?? DEFAULT_CGROUP_ROOT,
    isKnown: (uid) => workers.has(uid),
  });
}

/** What the runtime has to tell goes to the workers; what is nobody's may be an orphan. A simulated runtime finishes what it began. */
function newsOf({ workers, pods, orphans, note, mayBeOrphaned }: NewsOptions): Pick<LifecycleEventsOptions, "onPod" | "onAll"> {
  return {
    onPod(uid) {
      if (workers.has(uid)) pods.wake(uid);
      else if (mayBeOrphaned()) void orphans.look();
      note();
    },
    onAll() {
      pods.wakeAll();
      // The runtime was away, maybe in the midst of something.
      if (mayBeOrphaned()) void orphans.look();
    },
  };
}

interface NewsOptions {
  workers: Parts["workers"];
  pods: ReturnType<typeof workersFor>;
  orphans: Orphans;
  /** Something of a Pod has ended. */
  note(): void;
  mayBeOrphaned(): boolean;
}

/** What the node's object says: its Pod range goes to the runtime. */
function nodeObserver({ runtime, logger, nodeName }: KubeletOptions, reporter: NodeReporter): (node: DeepReadonly<Node>) => void {
  return (node) => {
    // A server that cannot select by name shows other nodes too.
    if (node.metadata.name !== nodeName) return;
    reporter.observe(node);
    const { podCIDR } = node.spec;
    if (podCIDR)
      runtime.updateRuntimeConfig(podCIDR).catch((error) => logger.warn("Pod range not set", { error: String(error) }));
  };
}

export function createKubelet(options: KubeletOptions): Kubelet {
  const { client, runtime, clock, entropy, logger, nodeName } = options;
  const parts = createParts(options);
  const { context, workers, reporter } = parts;
  let hasLooked = false;
  const pods = workersFor(parts, () => hasLooked);
  const observeNode = nodeObserver(options, reporter);
  const orphans = orphansOf(options, parts);
  const news = newsOf({
    workers,
    pods,
    orphans,
    note: () => upkeep?.note(),
    mayBeOrphaned: () => hasLooked && options.host !== undefined,
  });
  const stopping = new AbortController();
  const { signal } = stopping;
  const followers: Reflector[] = [];
  const synced = Promise.withResolvers<void>();
  let upkeep: Upkeep | undefined;
  let following: Promise<void> = Promise.resolve();

  function onSynced(): void {
    hasLooked = true;
    void orphans.look().then(() => {
      if (signal.aborted) return;
      upkeep = startUpkeep(options, { ...parts, node: () => reporter.node });
      void upkeep.collect();
    });
    synced.resolve();
  }

  function follow(): void {
    const common = { client, clock, entropy, logger };
    const target = { restarted() {}, put: observeNode, removed() {}, synced() {} };
    followers.push(
      startReflector<Node>({ ...common, of: Node, fieldSelector: `metadata.name=${nodeName}`, target }),
      followPods({ ...common, nodeName, handlers: { put: pods.put, removed: pods.removed, synced: onSynced } }),
    );
    const eventsMayBeLost = options.host !== undefined;
    following = followRuntime({ runtime, clock, logger, ...news, signal, eventsMayBeLost });
  }

  return {
    handler: nodeApi({ ...apiOf(options, parts), syncProblem: () => (signal.aborted ? "the kubelet was stopped" : undefined) }),
    synced: () => synced.promise,
    async start() {
      context.runtimeName = (await runtime.version()).runtimeName;
      await reporter.register(signal);
      if (signal.aborted) return;
      observeNode(reporter.node);
      follow();
    },
    async stop() {
      stopping.abort();
      upkeep?.stop();
      reporter.stop();
      await Promise.all(followers.map((follower) => follower.stop()));
      await Promise.all([...workers.values()].map((worker) => worker.stop()));
      parts.release();
      await following;
    },
  };
}
