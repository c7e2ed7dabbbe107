/**
 * Writes what components did as core/v1 Events, as upstream's recorder does.
 *
 * Events are a convenience: they wait in a bounded queue, are written one at a time in the order in which they came, and are given
 * up rather than slowing anybody down.
 */

import { Event } from "../api/core/event.ts";
import { isAlreadyExists, isApiError, isNotFound } from "../api/errors.ts";
import type { Draft, KubernetesObject } from "../api/meta.ts";
import { boundedQueue } from "../base/bounded-queue.ts";
import { type Clock, during, sleep } from "../base/clock.ts";
import { type Entropy, randomInteger } from "../base/entropy.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import { backoffMs, jittered } from "./backoff.ts";
import type { Client } from "./client.ts";
import { type Correlated, eventCorrelator } from "./event-correlation.ts";
import type { EventRecorder } from "./events.ts";

export interface EventRecorderOptions {
  client: Client;
  clock: Clock;
  entropy: Entropy;
  /** `source.component` and `reportingComponent`. */
  component: string;
  /** The node, for what runs on one: `source.host` and `reportingInstance`. */
  host?: string;
  logger?: Logger;
}

export interface StoppableEventRecorder extends EventRecorder {
  /** Gives up what was not written yet. */
  stop(): void;
}

const LIMIT = 1_000;
const ATTEMPTS = 12;
const RETRY = { baseMs: 1_000, maxMs: 10_000 };

const referenceTo = (object: DeepReadonly<KubernetesObject>, fieldPath?: string) => ({
  kind: object.kind,
  ...(object.metadata.namespace ? { namespace: object.metadata.namespace } : {}),
  name: object.metadata.name,
  uid: object.metadata.uid,
  apiVersion: object.apiVersion,
  resourceVersion: object.metadata.resourceVersion,
  ...(fieldPath === undefined ? {} : { fieldPath }),
});

/** Times of these fields have no fractions of a second. */
const secondsOf = (nowMs: number): string => new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");

export function createEventRecorder(options: EventRecorderOptions): StoppableEventRecorder {
  const { client, clock, entropy, component, host, logger = silentLogger } = options;
  const correlator = eventCorrelator(clock);
  const queue = boundedQueue<Event>(LIMIT);
  const stopping = new AbortController();
  let writing = false;

  /** `NAME.HEX`, as upstream: the hexadecimal is a moment in nanoseconds, of which the last digits are chance here. */
  const nameFor = (name: string): string =>
    `${name}.${(BigInt(clock.now()) * 1_000_000n + BigInt(randomInteger(entropy, 1_000_000))).toString(16)}`;

  async function write({ event, repeats, key }: Correlated): Promise<void> {
    const { namespace = "default", name } = event.metadata;
    if (repeats) {
      const { count, lastTimestamp, message } = event;
      try {
        await client.patch(Event, { namespace, name }, "strategic", { count, lastTimestamp, message });
        correlator.written(key, event);
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    // New, or the one to be counted up is gone: Events live an hour.
    const fresh = { ...event, metadata: { namespace, name: nameFor(event.involvedObject.name ?? "") } };
    await client.create(Event, (repeats ? { ...fresh, count: 1, firstTimestamp: event.lastTimestamp } : fresh) as Draft<Event>);
    correlator.written(key, repeats ? ({ ...fresh, count: 1 } as Event) : (fresh as Event));
  }

  async function writeWithRetries(correlated: Correlated): Promise<void> {
    for (let attempt = 1; !stopping.signal.aborted; attempt++) {
      try {
        return await during(clock, `event of ${component}`, () => write(correlated));
      } catch (error) {
        const passing = isAlreadyExists(error) || (isApiError(error) && (error.code === 429 || error.code >= 500));
        if (!passing || attempt === ATTEMPTS) {
          logger.debug("event dropped", { reason: correlated.event.reason, error: String(error) });
          return;
        }
        await sleep(clock, jittered(entropy, backoffMs(RETRY, attempt)), stopping.signal);
      }
    }
  }

  async function writeAll(): Promise<void> {
    writing = true;
    for (let event = queue.shift(); event !== undefined && !stopping.signal.aborted; event = queue.shift()) {
      const correlated = correlator.correlate(event);
      if (correlated !== undefined) await writeWithRetries(correlated);
    }
    writing = false;
  }

  return {
    event(object, type, reason, message, { fieldPath, action, related } = {}) {
      if (stopping.signal.aborted) return;
      const time = secondsOf(clock.now());
      const event = {
        apiVersion: "v1",
        kind: "Event",
        metadata: { namespace: object.metadata.namespace || "default", name: "" },
        involvedObject: referenceTo(object, fieldPath),
        reason,
        message,
        source: { component, ...(host === undefined ? {} : { host }) },
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
        type,
        eventTime: null,
        reportingComponent: component,
        reportingInstance: host ?? "",
        ...(action === undefined ? {} : { action }),
        ...(related === undefined ? {} : { related: referenceTo(related) }),
      };
      if (queue.push(event as unknown as Event) && !writing) void writeAll();
    },
    stop: () => stopping.abort(),
  };
}
