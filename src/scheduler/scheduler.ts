/**
 * Binds pending Pods to nodes: a thin loop around the pure core.
 *
 * A decision is one synchronous step over the live snapshot, and the Pod is counted on its node at once ("assumed"), so the next
 * decision sees it; binding goes on beside. If it fails the Pod is taken off again and comes back. The loop yields between slices,
 * so that nothing else in the process waits for it.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
 */
import { Node } from "../api/core/node.ts";
import { Pod } from "../api/core/pod/pod.ts";
import { isConflict, isNotFound } from "../api/errors.ts";
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { Logger } from "../base/logger.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { Client } from "../client/client.ts";
import type { EventRecorder } from "../client/events.ts";
import type { Informers } from "../client/informer.ts";
import { nodeHints, ownHints } from "./changes.ts";
import { ClusterState } from "./core/cluster-state.ts";
import type { WakeHint } from "./core/framework.ts";
import { unschedulableMessage } from "./core/message.ts";
import { plugins } from "./core/plugins/index.ts";
import { type PodInfo, podInfo } from "./core/pod-info.ts";
import { preemptionOutcome } from "./core/preemption.ts";
import { type NodeRefusal, schedule } from "./core/schedule.ts";
import { type SchedulingQueue, schedulingQueue } from "./queue.ts";

/** Longest synchronous stretch of decisions. */
const SLICE_MS = 5;
/** Bindings under way at once; deciding waits beyond. */
const MAX_BINDINGS = 128;

export interface SchedulerOptions {
  client: Client;
  informers: Informers;
  events: EventRecorder;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
  /** Pods that name this scheduler in spec.schedulerName are its own. */
  name?: string;
}

export interface Scheduler {
  readonly queue: SchedulingQueue["counts"];
  stop(): Promise<void>;
}

/** What of a bound Pod decisions look at: the scheduler must not keep whole objects of a large cluster alive. */
const projection = ({ metadata, spec, status }: DeepReadonly<Pod>): DeepReadonly<Pod> => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    resourceVersion: "",
    creationTimestamp: metadata.creationTimestamp,
    ...(metadata.labels ? { labels: metadata.labels } : {}),
    ...(metadata.deletionTimestamp ? { deletionTimestamp: metadata.deletionTimestamp } : {}),
  },
  spec: {
    containers: [],
    restartPolicy: spec.restartPolicy,
    dnsPolicy: spec.dnsPolicy,
    schedulerName: spec.schedulerName,
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds,
    ...(spec.affinity ? { affinity: spec.affinity } : {}),
    ...(spec.priority === undefined ? {} : { priority: spec.priority }),
  },
  status: status.startTime === undefined ? {} : { startTime: status.startTime },
});

const hasEnded = ({ status }: DeepReadonly<Pod>): boolean => status.phase === "Succeeded" || status.phase === "Failed";

class Loop implements Scheduler {
  readonly #options: SchedulerOptions;
  readonly #name: string;
  readonly #state = new ClusterState();
  readonly #queue: SchedulingQueue;
  readonly #bindings = new Set<Promise<void>>();
  #startNode = 0;
  #running = false;
  #stopped = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#name = options.name ?? "default-scheduler";
    this.#queue = schedulingQueue(options.clock, () => this.#run());
    options.informers.watch(Node, {
      added: (node) => this.#nodeChanged(node, undefined),
      updated: (node, previous) => this.#nodeChanged(node, previous),
      deleted: (node) => this.#state.removeNode(node.metadata.name),
    });
    options.informers.watch(Pod, {
      added: (pod) => this.#podChanged(pod, undefined),
      updated: (pod, previous) => this.#podChanged(pod, previous),
      deleted: (pod) => this.#podGone(pod),
    });
  }

  get queue(): SchedulingQueue["counts"] {
    return this.#queue.counts;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#queue.stop();
    await Promise.all(this.#bindings);
  }

  #nodeChanged(node: DeepReadonly<Node>, previous: DeepReadonly<Node> | undefined): void {
    this.#state.setNode(node);
    for (const hint of nodeHints(node, previous)) this.#queue.wake(hint);
  }

  #podChanged(pod: DeepReadonly<Pod>, previous: DeepReadonly<Pod> | undefined): void {
    if (hasEnded(pod)) return this.#podGone(pod);
    if (pod.spec.nodeName) {
      this.#queue.remove(pod.metadata.uid);
      const info = podInfo(pod, this.#state.resources);
      this.#state.setPod({ ...info, pod: projection(pod) }, pod.spec.nodeName);
      if (!previous?.spec.nodeName) this.#queue.wake("Pod:bound");
      return;
    }
    if (pod.spec.schedulerName !== this.#name || pod.metadata.deletionTimestamp) return this.#queue.remove(pod.metadata.uid);
    this.#queue.set(podInfo(pod, this.#state.resources), {
      gated: (pod.spec.schedulingGates?.length ?? 0) > 0,
      woken: previous !== undefined && ownHints(pod, previous).length > 0,
    });
  }

  #podGone(pod: DeepReadonly<Pod>): void {
    this.#queue.remove(pod.metadata.uid);
    if (this.#state.nodeOf(pod.metadata.uid) === undefined) return;
    this.#state.removePod(pod.metadata.uid);
    this.#queue.wake("Pod:removed");
  }

  #run(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    const activity = this.#options.clock.hold("scheduler");
    void this.#decideAll().finally(() => {
      this.#running = false;
      activity.release();
      if (this.#queue.counts.active > 0) this.#run();
    });
  }

  async #decideAll(): Promise<void> {
    const { clock } = this.#options;
    await clock.pause();
    let sliceStart = clock.monotonic();
    for (let info = this.#queue.take(); info !== undefined && !this.#stopped; info = this.#queue.take()) {
      this.#decide(info);
      if (this.#bindings.size >= MAX_BINDINGS) await Promise.race(this.#bindings);
      if (clock.monotonic() - sliceStart < SLICE_MS) continue;
      await clock.pause();
      sliceStart = clock.monotonic();
    }
  }

  #decide(info: PodInfo): void {
    const { decision, examined } = schedule(info, this.#state, {
      plugins,
      entropy: this.#options.entropy,
      startNode: this.#startNode,
    });
    this.#startNode = this.#state.size === 0 ? 0 : (this.#startNode + examined) % this.#state.size;
    if (decision.node === undefined) this.#refused(info, decision.refused);
    else this.#track(this.#bind(info, decision.node));
  }

  #track(work: Promise<void>): void {
    const activity = this.#options.clock.hold("scheduler binding");
    const tracked = work.finally(() => {
      this.#bindings.delete(tracked);
      activity.release();
    });
    this.#bindings.add(tracked);
  }

  async #bind(info: PodInfo, node: string): Promise<void> {
    const { client, events, logger } = this.#options;
    const { namespace, name, uid } = info.pod.metadata;
    this.#state.setPod({ ...info, pod: projection(info.pod) }, node);
    try {
      await client.post(Pod, { namespace, name }, "binding", {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, namespace, uid },
        target: { apiVersion: "v1", kind: "Node", name: node },
      });
      this.#queue.done(uid);
      events.event(info.pod, "Normal", "Scheduled", `Successfully assigned ${info.key} to ${node}`, { action: "Binding" });
    } catch (error) {
      // The informer may have shown another binding meanwhile: that one counts.
      if (!this.#queue.has(uid)) return;
      this.#state.removePod(uid);
      if (isNotFound(error)) return this.#queue.remove(uid);
      this.#queue.putBack(uid, undefined);
      if (!isConflict(error)) logger.warn("binding failed", { pod: info.key, node, error: String(error) });
    }
  }

  #refused(info: PodInfo, refused: readonly NodeRefusal[]): void {
    const hints = new Set<WakeHint>(["Node:added"]);
    const refusing = new Set(refused.map(({ plugin }) => plugin));
    for (const plugin of plugins) if (refusing.has(plugin.name)) for (const hint of plugin.wokenBy) hints.add(hint);
    const message = unschedulableMessage(this.#state.size, refused, preemptionOutcome(info, this.#state, refused));
    this.#queue.putBack(info.uid, [...hints]);
    this.#options.events.event(info.pod, "Warning", "FailedScheduling", message, { action: "Scheduling" });
    this.#track(this.#reportUnschedulable(info, message));
  }

  async #reportUnschedulable(info: PodInfo, message: string): Promise<void> {
    const { namespace, name, generation } = info.pod.metadata;
    const known = info.pod.status.conditions?.find(({ type }) => type === "PodScheduled");
    if (known?.status === "False" && known.reason === "Unschedulable" && known.message === message) return;
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastProbeTime: null,
      ...(known?.status === "False"
        ? {}
        : { lastTransitionTime: new Date(this.#options.clock.now()).toISOString().replace(/\.\d+/, "") }),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
    try {
      await this.#options.client.patch(
        Pod,
        { namespace, name },
        "strategic",
        { status: { conditions: [condition] } },
        { subresource: "status" },
      );
    } catch (error) {
      if (!isNotFound(error))
        this.#options.logger.warn("status of an unschedulable Pod was not written", { pod: info.key, error: String(error) });
    }
  }
}

/** Starts at once; decides as soon as the informers have been listed. */
export const startScheduler = (options: SchedulerOptions): Scheduler => new Loop(options);
