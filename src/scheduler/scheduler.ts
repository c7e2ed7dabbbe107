/**
 * Binds pending Pods to nodes: a thin loop around the pure core.
 *
 * A decision is one synchronous step over the live snapshot, and the Pod is counted on its node at once ("assumed"), so the next
 * decision sees it; binding goes on beside. If it fails the Pod is taken off again and comes back. The loop yields between slices,
 * so that nothing else in the process waits for it.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
 */
import { Pod } from "../api/core/pod/pod.ts";
import { isConflict, isNotFound } from "../api/errors.ts";
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { Logger } from "../base/logger.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { Client } from "../client/client.ts";
import type { EventRecorder } from "../client/events.ts";
import type { Informers } from "../client/informer.ts";
import { bind, type Target } from "./binder.ts";
import { boundHints, ownHints } from "./changes.ts";
import { ClusterState } from "./core/cluster-state.ts";
import type { WakeHint } from "./core/framework.ts";
import { AFTER_REJECTION, preemptionWords, unschedulableMessage } from "./core/message.ts";
import { plugins } from "./core/plugins/index.ts";
import { type PodInfo, podInfo, withoutUnread } from "./core/pod-info.ts";
import { type PreemptionOutcome, preempt } from "./core/preemption.ts";
import { type Decision, schedule } from "./core/schedule.ts";
import { followCluster } from "./follow.ts";
import { reportUnschedulable } from "./pod-status.ts";
import { carryOut } from "./preemptor.ts";
import { type SchedulingQueue, schedulingQueue } from "./queue.ts";
import { type VolumeBinder, volumeBinder } from "./volume-binder.ts";

/** Longest synchronous stretch of decisions. */
const SLICE_MS = 5;
/** Bindings and other writes under way at once; deciding waits beyond. */
const MAX_WORK = 128;

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

const hasEnded = ({ status }: DeepReadonly<Pod>): boolean => status.phase === "Succeeded" || status.phase === "Failed";

type Unplaced = Extract<Decision, { node: undefined }>;

class Loop implements Scheduler {
  readonly #options: SchedulerOptions;
  readonly #name: string;
  readonly #state = new ClusterState();
  readonly #queue: SchedulingQueue;
  readonly #volumeBinder: VolumeBinder;
  readonly #work = new Set<Promise<void>>();
  /** Bindings that wait for volumes, perhaps for minutes: nothing waits for them. */
  readonly #waits = new Set<Promise<void>>();
  #startNode = 0;
  /** Everything was listed: before, a Pod could seem to lack what is only not seen yet. */
  #ready = false;
  #running = false;
  #stopped = false;

  constructor(options: SchedulerOptions) {
    const { informers, clock, client } = options;
    this.#options = options;
    this.#name = options.name ?? "default-scheduler";
    this.#queue = schedulingQueue(clock, () => this.#run());
    this.#volumeBinder = volumeBinder({ client, clock, state: this.#state.volumes });
    followCluster({
      informers,
      state: this.#state,
      wake: (hint) => this.#queue.wake(hint),
      volumesChanged: () => this.#volumeBinder.changed(),
    });
    informers.watch(Pod, {
      added: (pod) => this.#podChanged(pod, undefined),
      updated: (pod, previous) => this.#podChanged(pod, previous),
      deleted: (pod) => this.#podGone(pod),
    });
    void informers.synced().then(() => {
      this.#ready = true;
      this.#run();
    });
  }

  get queue(): SchedulingQueue["counts"] {
    return this.#queue.counts;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#queue.stop();
    this.#volumeBinder.stop();
    await Promise.all([...this.#work, ...this.#waits]);
  }

  #podChanged(pod: DeepReadonly<Pod>, previous: DeepReadonly<Pod> | undefined): void {
    if (hasEnded(pod)) return this.#podGone(pod);
    const { uid } = pod.metadata;
    if (pod.spec.nodeName) {
      this.#queue.remove(uid);
      this.#state.nominations.remove(uid);
      this.#state.setPod(withoutUnread(podInfo(pod, this.#state.resources)), pod.spec.nodeName);
      for (const hint of boundHints(pod, previous)) this.#queue.wake(hint);
      return;
    }
    if (pod.spec.schedulerName !== this.#name) return this.#queue.remove(uid);
    if (pod.metadata.deletionTimestamp) return this.#podGone(pod);
    // Bound already; this is news from before that.
    if (!this.#queue.has(uid) && this.#state.nodeOf(uid) !== undefined) return;
    const info = podInfo(pod, this.#state.resources);
    this.#queue.set(info, {
      gated: (pod.spec.schedulingGates?.length ?? 0) > 0,
      woken: previous !== undefined && ownHints(pod, previous).length > 0,
    });
    const nominated = pod.status.nominatedNodeName;
    if (nominated) this.#state.nominations.set(info, nominated);
    else if (previous?.status.nominatedNodeName) this.#state.nominations.remove(uid);
  }

  #podGone(pod: DeepReadonly<Pod>): void {
    const { uid } = pod.metadata;
    this.#queue.remove(uid);
    const counted = this.#state.nodeOf(uid) !== undefined || this.#state.nominations.nodeOf(uid) !== undefined;
    this.#state.nominations.remove(uid);
    this.#state.removePod(uid);
    if (counted) this.#queue.wake("Pod:removed");
  }

  #run(): void {
    if (this.#running || this.#stopped || !this.#ready) return;
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
      if (this.#work.size >= MAX_WORK) await Promise.race(this.#work);
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
    if (decision.node === undefined) return this.#refused(info, decision);
    const { node, volumes } = decision;
    this.#state.setPod(withoutUnread(info), node);
    if (volumes === undefined) return this.#track(this.#bind(info, { node, volumes }), "binding");
    this.#volumeBinder.assume(volumes, node);
    const binding = this.#bind(info, { node, volumes }).finally(() => this.#waits.delete(binding));
    this.#waits.add(binding);
  }

  /** `what` failed is logged, and nothing more: what was to be written is written at the next try. */
  #track(work: Promise<void>, what: string): void {
    const { clock, logger } = this.#options;
    const activity = clock.hold(`scheduler ${what}`);
    const tracked = work
      .catch((error: unknown) => logger.warn(`${what} failed`, { error: String(error) }))
      .finally(() => {
        this.#work.delete(tracked);
        activity.release();
      });
    this.#work.add(tracked);
  }

  async #bind(info: PodInfo, target: Target): Promise<void> {
    const { client, events, logger } = this.#options;
    const { uid } = info;
    try {
      await bind({ client, events, volumeBinder: this.#volumeBinder }, info, target);
      this.#queue.done(uid);
    } catch (error) {
      // The informer may have shown another binding meanwhile: that one counts.
      if (this.#stopped || !this.#queue.has(uid)) return;
      this.#state.removePod(uid);
      this.#queue.wake("Pod:removed");
      if (isNotFound(error)) return this.#queue.remove(uid);
      this.#queue.putBack(uid, undefined);
      if (!isConflict(error)) logger.warn("binding failed", { pod: info.key, node: target.node, error: String(error) });
    } finally {
      if (target.volumes) this.#volumeBinder.forget(target.volumes);
    }
  }

  #refused(info: PodInfo, decision: Unplaced): void {
    const { entropy, events } = this.#options;
    const state = this.#state;
    this.#queue.putBack(info.uid, wakingHints(decision));
    const outcome = decision.rejection ? undefined : preempt(info, state, { plugins, entropy, refused: decision.refused });
    const after = outcome ? preemptionWords(state.size, outcome) : AFTER_REJECTION;
    const message = unschedulableMessage(state.size, decision, after);
    events.event(info.pod, "Warning", "FailedScheduling", message, { action: "Scheduling" });
    const nominated = this.#nominate(info, outcome);
    this.#track(reportUnschedulable(this.#options, info.pod, { message, nominated }), "report of an unschedulable Pod");
  }

  /** What the Pod's nominatedNodeName becomes; undefined where it stays as it is. */
  #nominate(info: PodInfo, outcome: PreemptionOutcome | undefined): string | undefined {
    const { nominations } = this.#state;
    if (outcome === undefined || outcome.kind === "ineligible") return undefined;
    if (outcome.kind === "none") {
      nominations.remove(info.uid);
      return "";
    }
    nominations.set(info, outcome.node);
    const { client, events, clock } = this.#options;
    const work = carryOut({ client, events, clock, nominations }, info, outcome);
    // The victims may be gone before anything else shows it, and a failed eviction is to be tried again.
    this.#track(
      work.finally(() => this.#queue.awaken(info.uid)),
      "preemption",
    );
    return outcome.node;
  }
}

function wakingHints({ rejection, refused }: Unplaced): WakeHint[] {
  const hints = new Set<WakeHint>(["Node:added"]);
  const refusing = new Set(rejection ? [rejection.plugin.name] : refused.map(({ plugin }) => plugin));
  for (const plugin of plugins) if (refusing.has(plugin.name)) for (const hint of plugin.wokenBy) hints.add(hint);
  return [...hints];
}

/** Decides as soon as the informers have been listed. */
export const startScheduler = (options: SchedulerOptions): Scheduler => new Loop(options);
