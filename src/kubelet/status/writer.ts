/**
 * Writes Pod statuses to the API server: for each Pod one write at a time, always the newest status, nothing where nothing differs.
 *
 * What a write answers is remembered, so the next difference is taken from what the server has and not from a watch that is behind.
 */
import { Pod } from "../../api/core/pod/pod.ts";
import { isNotFound } from "../../api/errors.ts";
import type { PodStatus } from "../../api/generated/core-v1.ts";
import { type Clock, during } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { backoffMs } from "../../client/backoff.ts";
import type { Client } from "../../client/client.ts";
import type { ReadonlyPod } from "../pod/containers.ts";
import type { Wheel } from "../wheel.ts";
import { statusPatch } from "./patch.ts";

export interface StatusWriter {
  /** The status from now on. */
  set(status: PodStatus): void;
  /** What was set last, or the server's. */
  readonly current: DeepReadonly<PodStatus>;
  /** The server's object changed: what it says wrongly is said again. */
  observe(pod: ReadonlyPod): void;
  /** Resolves when all that was set is written, or the Pod is gone. */
  flushed(): Promise<void>;
  stop(): void;
}

export interface StatusWriterOptions {
  client: Client;
  clock: Clock;
  wheel: Wheel;
  logger: Logger;
  pod: ReadonlyPod;
}

const RETRY = { baseMs: 500, maxMs: 10_000 };
/** Failures that are nothing to speak of: the server may be restarting. */
const QUIET_FAILURES = 3;

const revision = ({ metadata }: ReadonlyPod): number => Number(metadata.resourceVersion);

/** Watches and answers come in any order; another Pod of that name is none of ours. */
const newer = (known: ReadonlyPod, seen: ReadonlyPod): ReadonlyPod =>
  seen.metadata.uid === known.metadata.uid && revision(seen) >= revision(known) ? seen : known;

/** Writes one patch and answers the Pod as it is then. */
async function send({ client, clock, pod }: StatusWriterOptions, patch: object): Promise<ReadonlyPod> {
  const { name, namespace } = pod.metadata;
  return during(clock, "Pod status", () => client.patch(Pod, { namespace, name }, "strategic", patch, { subresource: "status" }));
}

export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  const { wheel, logger, pod } = options;
  const { uid } = pod.metadata;
  let server = pod;
  let wanted: PodStatus | undefined;
  let busy = false;
  let stopped = false;
  let failures = 0;
  /** A difference that stayed after it was written: the server does not keep it, and writing it again would never end. */
  let fruitless = "";
  const waiters: (() => void)[] = [];

  const settle = (): void => {
    busy = false;
    for (const resolve of waiters.splice(0)) resolve();
  };

  function write(): void {
    if (busy || stopped || wanted === undefined) return;
    const patch = statusPatch(uid, server.status, wanted);
    if (patch === undefined || JSON.stringify(patch) === fruitless) return settle();
    fruitless = "";
    busy = true;
    void put(patch);
  }

  function again(): void {
    busy = false;
    write();
  }

  async function put(patch: object): Promise<void> {
    try {
      server = newer(server, await send(options, patch));
      failures = 0;
      fruitless = JSON.stringify(patch);
      again();
    } catch (error) {
      failed(error);
    }
  }

  function failed(error: unknown): void {
    // Gone: nobody is left to be told.
    if (stopped || isNotFound(error)) return settle();
    if (++failures > QUIET_FAILURES) logger.warn("Pod status not written", { error: String(error) });
    wheel.after(backoffMs(RETRY, failures), again);
  }

  return {
    get current() {
      return wanted ?? server.status;
    },
    set(status) {
      wanted = status;
      write();
    },
    observe(seen) {
      server = newer(server, seen);
      write();
    },
    flushed: () => (busy ? new Promise((resolve) => waiters.push(resolve)) : Promise.resolve()),
    stop() {
      stopped = true;
      settle();
    },
  };
}
