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

/** Failures in a row from which on they are told of. */
const FAILURES_UNTOLD = 2;

export interface Reflector {
  stop(): Promise<void>;
}

export const startReflector = <T extends KubernetesObject>(options: ReflectorOptions<T>): Reflector => new FollowedKind(options);

class FollowedKind<T extends KubernetesObject> implements Reflector {
  readonly #options: ReflectorOptions<T>;
  readonly #scope: Pick<ReflectorOptions<T>, "namespace" | "fieldSelector" | "labelSelector" | "metadataOnly">;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  /** The last revision seen; empty where only the present state can tell what there is. */
  #resourceVersion = "";
  /** The initial events of a watch are coming in. */
  #initial = false;
  /** The server knows `sendInitialEvents`, as far as is known. */
  #streams = true;

  constructor(options: ReflectorOptions<T>) {
    const { namespace, fieldSelector, labelSelector, metadataOnly } = options;
    this.#options = options;
    this.#scope = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(metadataOnly ? { metadataOnly } : {}),
    };
    this.#ended = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { of, clock, entropy, logger } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const startMs = clock.monotonic();
      let failure: unknown;
      try {
        await this.#follow();
      } catch (error) {
        failure = error;
        this.#learn(error);
      }
      if (signal.aborted) return;
      // A watch that ends as soon as it has begun is no better than one that fails.
      const healthy = clock.monotonic() - startMs >= (failure === undefined || isExpired(failure) ? SHORT_MS : HEALTHY_MS);
      failures = healthy ? 0 : failures + 1;
      if (failures > FAILURES_UNTOLD)
        logger.warn("cannot follow", { resource: of.resource, group: of.group, error: String(failure ?? "watch ended") });
      if (failures > 0) await sleep(clock, jittered(entropy, backoffMs(BACKOFF, failures)), signal);
    }
  }

  /** One watch from where the last one ended, or from the present state. */
  async #follow(): Promise<void> {
    const { client, of, entropy, target } = this.#options;
    if (this.#resourceVersion === "" && !this.#streams) await this.#list();
    this.#initial = this.#resourceVersion === "";
    if (this.#initial) target.restarted();
    const from = this.#initial ? { sendInitialEvents: true, resourceVersion: "" } : { resourceVersion: this.#resourceVersion };
    const timeoutSeconds = WATCH_SECONDS + randomInteger(entropy, WATCH_SECONDS);
    const options = { ...this.#scope, ...from, bookmarks: true, timeoutSeconds, signal: this.#stopping.signal };
    await client.watch<T>(of, options, (event) => this.#onEvent(event));
  }

  /** Gives every object page by page. */
  async #list(): Promise<void> {
    const { client, of, target } = this.#options;
    target.restarted();
    for (let next: string | undefined; next !== ""; ) {
      const page = await client.list(of, { ...this.#scope, limit: PAGE, ...(next === undefined ? {} : { continue: next }) });
      for (const object of page.items) target.put(object);
      this.#resourceVersion = page.resourceVersion;
      next = page.continue;
    }
    target.synced();
  }

  #onEvent(event: WatchEvent<T>): void {
    const { target } = this.#options;
    if (this.#stopping.signal.aborted) return;
    if (event.type === "BOOKMARK") {
      this.#resourceVersion = event.resourceVersion;
      if (!event.initialEventsEnd) return;
      target.synced();
      this.#initial = false;
      return;
    }
    // Until the initial events have ended, only their bookmark names a revision from which the watch can go on.
    if (!this.#initial) this.#resourceVersion = event.object.metadata.resourceVersion;
    if (event.type === "DELETED") target.removed(event.object);
    else target.put(event.object);
  }

  /** What a failed attempt means for the next one. */
  #learn(error: unknown): void {
    if (isExpired(error)) this.#resourceVersion = "";
    else if (this.#initial && isApiError(error) && (error.code === 422 || error.code === 400)) this.#streams = false;
  }
}
