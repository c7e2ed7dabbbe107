/**
 * Follows one kind: first the present state, then every change, for ever.
 *
 * A watch that ends is resumed after the last revision seen; one that is too old (410) starts over with the present state; what fails
 * is tried again after a back-off with jitter. A server that does not know `sendInitialEvents` is listed page by page instead.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists
 */
import { isApiError, isExpired } from "../api/errors.ts";
import type { KubernetesObject } from "../api/meta.ts";
import type { Resource } from "../api/row.ts";
import { type Clock, sleep } from "../base/clock.ts";
import { type Entropy, randomInteger } from "../base/entropy.ts";
import type { Logger } from "../base/logger.ts";
import { type BackoffLimits, backoffMs, jittered } from "./backoff.ts";
import type { Client, WatchEvent } from "./client.ts";

/** What the reflector tells of the kind. Calls come one at a time, in order. */
export interface ReflectorTarget<T> {
  /** The present state follows, object by object, up to `synced`; what was known and does not come is gone. */
  restarted(): void;
  put(object: T): void;
  removed(object: T): void;
  synced(): void;
}

export interface ReflectorOptions<T extends KubernetesObject> {
  client: Client;
  of: Resource<T>;
  namespace?: string;
  fieldSelector?: string;
  labelSelector?: string;
  metadataOnly?: boolean;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
  target: ReflectorTarget<T>;
}

const BACKOFF: BackoffLimits = { baseMs: 800, maxMs: 30_000 };
/** A watch that lived that long was healthy: the next failure is a first one again. */
const HEALTHY_MS = 120_000;
/** One that ended by itself before that was not. */
const SHORT_MS = 1_000;
/** The server ends watches after a while, not all at once. */
const WATCH_SECONDS = 300;
const PAGE = 500;

export interface Reflector {
  stop(): Promise<void>;
}

export function startReflector<T extends KubernetesObject>(options: ReflectorOptions<T>): Reflector {
  const { client, of, clock, entropy, logger, target, namespace, fieldSelector, labelSelector, metadataOnly } = options;
  const scope = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(metadataOnly ? { metadataOnly } : {}),
  };
  const stopping = new AbortController();
  const { signal } = stopping;
  let resourceVersion = "";
  let streams = true;

  /** Gives every object page by page. */
  async function list(): Promise<void> {
    target.restarted();
    let page = await client.list(of, { ...scope, limit: PAGE });
    for (;;) {
      for (const object of page.items) target.put(object);
      resourceVersion = page.resourceVersion;
      if (page.continue === "") break;
      page = await client.list(of, { ...scope, limit: PAGE, continue: page.continue });
    }
    target.synced();
  }

  function onEvent(event: WatchEvent<T>): void {
    if (signal.aborted) return;
    if (event.type === "BOOKMARK") {
      resourceVersion = event.resourceVersion;
      if (event.initialEventsEnd) target.synced();
      return;
    }
    // Until the initial events have ended, only their bookmark names a revision from which the watch can go on.
    if (!initial) resourceVersion = event.object.metadata.resourceVersion;
    if (event.type === "DELETED") target.removed(event.object);
    else target.put(event.object);
  }

  let initial = false;

  async function follow(): Promise<void> {
    if (resourceVersion === "" && !streams) await list();
    initial = resourceVersion === "";
    if (initial) target.restarted();
    const common = { ...scope, bookmarks: true, signal, timeoutSeconds: WATCH_SECONDS + randomInteger(entropy, WATCH_SECONDS) };
    const from = initial ? { sendInitialEvents: true, resourceVersion: "" } : { resourceVersion };
    await client.watch<T>(of, { ...common, ...from }, (event) => {
      onEvent(event);
      if (event.type === "BOOKMARK" && event.initialEventsEnd) initial = false;
    });
  }

  /** What a failed attempt means for the next one. */
  function learn(error: unknown): void {
    if (isExpired(error)) resourceVersion = "";
    else if (initial && isApiError(error) && (error.code === 422 || error.code === 400)) streams = false;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const startMs = clock.monotonic();
      let failure: unknown;
      try {
        await follow();
      } catch (error) {
        failure = error;
        learn(error);
      }
      if (signal.aborted) return;
      // A watch that ends as soon as it has begun is no better than one that fails.
      const healthy = clock.monotonic() - startMs >= (failure === undefined || isExpired(failure) ? SHORT_MS : HEALTHY_MS);
      failures = healthy ? 0 : failures + 1;
      if (failures > 2)
        logger.warn("cannot follow", { resource: of.resource, group: of.group, error: String(failure ?? "watch ended") });
      if (failures > 0) await sleep(clock, jittered(entropy, backoffMs(BACKOFF, failures)), signal);
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
