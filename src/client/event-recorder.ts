/**
 * Writes what components did as core/v1 Events, as upstream's recorder does.
 *
 * Events are a convenience: they wait in a bounded queue, are written one at a time in the order in which they came, and are given
 * up rather than slowing anybody down.
 */

import { Event } from "../api/core/event.ts";
import { isAlreadyExists, isApiError, isNotFound } from "../api/errors.ts";
import type { Draft, KubernetesObject } from "../api/meta.ts";
import { formatTime } from "../api/time.ts";
import { boundedQueue } from "../base/bounded-queue.ts";
import { type Clock, during, sleep } from "../base/clock.ts";
import { type Entropy, randomInteger } from "../base/entropy.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import { backoffMs, jittered } from "./backoff.ts";
import type { Client } from "./client.ts";
import { type Correlated, type EventCorrelator, eventCorrelator } from "./event-correlation.ts";
import type { EventDetails, EventRecorder } from "./events.ts";

export interface EventRecorderOptions {
  client: Client;
  clock: Clock;
  entropy: Entropy;
  /** `source.component` and `reportingComponent`. */
  component: string;
  /** The node, for what runs on one: `source.host` and `reportingInstance`. */
  host?: string;
  logger?: Logger;
  /** Resolves when what matters more than Events is done, or after `limitMs`: a write waits for it. */
  yieldTo?(limitMs: number): Promise<void>;
}

export interface StoppableEventRecorder extends EventRecorder {
  /** Gives up what was not written yet. */
  stop(): void;
}

const LIMIT = 1_000;
/** So long after it happened a thing is told at the latest, whatever else goes on. */
const PATIENCE_MS = 5_000;
const ATTEMPTS = 12;
const RETRY = { baseMs: 1_000, maxMs: 10_000 };

type Subject = DeepReadonly<KubernetesObject>;

const referenceTo = (object: Subject, fieldPath?: string) => ({
  kind: object.kind,
  ...(object.metadata.namespace ? { namespace: object.metadata.namespace } : {}),
  name: object.metadata.name,
  uid: object.metadata.uid,
  apiVersion: object.apiVersion,
  resourceVersion: object.metadata.resourceVersion,
  ...(fieldPath === undefined ? {} : { fieldPath }),
});

interface Waiting {
  event: Event;
  /** Monotonic. */
  sinceMs: number;
}

export const createEventRecorder = (options: EventRecorderOptions): StoppableEventRecorder => new QueuedRecorder(options);

class QueuedRecorder implements StoppableEventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #logger: Logger;
  readonly #correlator: EventCorrelator;
  readonly #queue = boundedQueue<Waiting>(LIMIT);
  readonly #stopping = new AbortController();
  #writing = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#correlator = eventCorrelator(options.clock);
  }

  event(object: Subject, type: "Normal" | "Warning", reason: string, message: string, details: EventDetails = {}): void {
    if (this.#stopping.signal.aborted) return;
    const event = this.#eventOf(object, { type, reason, message }, details);
    if (this.#queue.push({ event, sinceMs: this.#options.clock.monotonic() }) && !this.#writing) void this.#writeAll();
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    const { signal } = this.#stopping;
    for (let next = this.#queue.shift(); next !== undefined && !signal.aborted; next = this.#queue.shift()) {
      if (this.#options.yieldTo !== undefined) await this.#giveWay(next, this.#options.yieldTo);
      const correlated = this.#correlator.correlate(next.event);
      if (correlated !== undefined) await this.#writeWithRetries(correlated);
    }
    this.#writing = false;
  }

  async #giveWay({ sinceMs }: Waiting, yieldTo: (limitMs: number) => Promise<void>): Promise<void> {
    const leftMs = PATIENCE_MS - (this.#options.clock.monotonic() - sinceMs);
    if (leftMs > 0) await yieldTo(leftMs);
  }

  async #writeWithRetries(correlated: Correlated): Promise<void> {
    const { clock, entropy, component } = this.#options;
    const { signal } = this.#stopping;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        return await during(clock, `event of ${component}`, () => this.#write(correlated));
      } catch (error) {
        const passing = isAlreadyExists(error) || (isApiError(error) && (error.code === 429 || error.code >= 500));
        if (!passing || attempt === ATTEMPTS) {
          this.#logger.debug("event dropped", { reason: correlated.event.reason, error: String(error) });
          return;
        }
        await sleep(clock, jittered(entropy, backoffMs(RETRY, attempt)), signal);
      }
    }
  }

  async #write({ event, repeats, key }: Correlated): Promise<void> {
    const { client } = this.#options;
    const { namespace = "default", name } = event.metadata;
    if (repeats) {
      const { count, lastTimestamp, message } = event;
      try {
        await client.patch(Event, { namespace, name }, "strategic", { count, lastTimestamp, message });
        this.#correlator.written(key, event);
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    // New, or the one to be counted up is gone: Events live an hour.
    const fresh = { ...event, metadata: { namespace, name: this.#nameFor(event.involvedObject.name ?? "") } };
    await client.create(Event, (repeats ? { ...fresh, count: 1, firstTimestamp: event.lastTimestamp } : fresh) as Draft<Event>);
    this.#correlator.written(key, repeats ? ({ ...fresh, count: 1 } as Event) : (fresh as Event));
  }

  /** `NAME.HEX`, as upstream: the hexadecimal is a moment in nanoseconds, of which the last digits are chance here. */
  #nameFor(name: string): string {
    const { clock, entropy } = this.#options;
    const nowNs = BigInt(clock.now()) * 1_000_000n + BigInt(randomInteger(entropy, 1_000_000));
    return `${name}.${nowNs.toString(16)}`;
  }

  #eventOf(object: Subject, words: Pick<Event, "type" | "reason" | "message">, details: EventDetails): Event {
    const { clock, component, host } = this.#options;
    const { fieldPath, action, related } = details;
    const time = formatTime(clock.now());
    const event = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { namespace: object.metadata.namespace || "default", name: "" },
      involvedObject: referenceTo(object, fieldPath),
      ...words,
      source: { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: host ?? "",
      ...(action === undefined ? {} : { action }),
      ...(related === undefined ? {} : { related: referenceTo(related) }),
    };
    // A draft: the server fills the rest of the metadata.
    return event as unknown as Event;
  }
}
