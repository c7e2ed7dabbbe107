/**
 * One leader among several, by a Lease that it keeps renewing: https://kubernetes.io/docs/concepts/architecture/leases/
 *
 * Clocks of different machines are not compared: a candidate waits until the Lease has not changed for its whole duration as the
 * candidate's own clock counts. A leader that could not renew in time stops leading before anybody else can begin.
 */

import { Lease } from "../api/coordination/lease.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../api/errors.ts";
import { type Clock, during, sleep } from "../base/clock.ts";
import { type Entropy, randomInteger } from "../base/entropy.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import type { Client } from "./client.ts";

export interface LeaderElectionOptions {
  client: Client;
  clock: Clock;
  entropy: Entropy;
  /** The Lease in kube-system. */
  name: string;
  /** Who we are: unique among the candidates. */
  identity: string;
  /** Called when we lead. `lost` aborts when we no longer do; the work must then end at once. */
  lead: (lost: AbortSignal) => void;
  logger?: Logger;
  leaseSeconds?: number;
  renewWithinMs?: number;
  retryMs?: number;
}

export interface LeaderElection {
  readonly leading: boolean;
  /** Stops leading, and lets the Lease go so that the next one need not wait for it. */
  stop(): Promise<void>;
}

const NAMESPACE = "kube-system";

/** Lease times have microseconds. */
const microTime = (nowMs: number): string => new Date(nowMs).toISOString().replace("Z", "000Z");

export function startLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { client, clock, entropy, name, identity, lead, logger = silentLogger } = options;
  const { leaseSeconds = 15, renewWithinMs = 10_000, retryMs = 2_000 } = options;
  const stopping = new AbortController();
  let leadership: AbortController | undefined;
  let renewedAtMs = 0;
  let observed = { resourceVersion: "", atMs: 0 };

  /** Takes or renews the Lease; false where somebody else holds it. */
  async function acquire(): Promise<boolean> {
    const time = microTime(clock.now());
    const held = { holderIdentity: identity, leaseDurationSeconds: leaseSeconds, renewTime: time };
    let lease: Lease;
    try {
      lease = await client.get(Lease, { namespace: NAMESPACE, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const spec = { ...held, acquireTime: time, leaseTransitions: 0 };
      await client.create(Lease, { metadata: { namespace: NAMESPACE, name }, spec });
      return true;
    }
    if (lease.metadata.resourceVersion !== observed.resourceVersion) {
      observed = { resourceVersion: lease.metadata.resourceVersion, atMs: clock.monotonic() };
    }
    const { holderIdentity = "", leaseTransitions = 0, acquireTime = time, leaseDurationSeconds = leaseSeconds } = lease.spec;
    const ours = holderIdentity === identity;
    if (!ours && holderIdentity !== "" && clock.monotonic() - observed.atMs < leaseDurationSeconds * 1000) return false;
    const spec = { ...held, acquireTime: ours ? acquireTime : time, leaseTransitions: leaseTransitions + (ours ? 0 : 1) };
    await client.update(Lease, { ...lease, spec: { ...lease.spec, ...spec } });
    return true;
  }

  async function attempt(): Promise<void> {
    try {
      if (await during(clock, `lease ${name}`, acquire)) {
        renewedAtMs = clock.monotonic();
        if (leadership === undefined && !stopping.signal.aborted) {
          leadership = new AbortController();
          logger.info("leading", { lease: name });
          lead(leadership.signal);
        }
        return;
      }
      lose("somebody else holds the lease");
    } catch (error) {
      if (!isConflict(error) && !isAlreadyExists(error))
        logger.warn("cannot renew the lease", { lease: name, error: String(error) });
    }
  }

  function lose(why: string): void {
    if (leadership === undefined) return;
    logger.warn("no longer leading", { lease: name, why });
    leadership.abort();
    leadership = undefined;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      // A renewal that hangs must not keep us leading: the deadline counts while it is under way.
      const deadline =
        leadership && clock.after(renewedAtMs + renewWithinMs - clock.monotonic(), () => lose("could not renew in time"));
      await attempt();
      deadline?.cancel();
      if (leadership !== undefined && clock.monotonic() - renewedAtMs >= renewWithinMs) lose("could not renew in time");
      await sleep(clock, retryMs + randomInteger(entropy, Math.max(1, retryMs / 5)), stopping.signal);
    }
  }

  async function release(): Promise<void> {
    const lease = await client.get(Lease, { namespace: NAMESPACE, name });
    if (lease.spec.holderIdentity !== identity) return;
    await client.update(Lease, { ...lease, spec: { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 } });
  }

  const running = run();
  return {
    get leading() {
      return leadership !== undefined;
    },
    async stop() {
      stopping.abort();
      const led = leadership !== undefined;
      leadership?.abort();
      leadership = undefined;
      await running;
      if (led)
        await release().catch((error: unknown) =>
          logger.debug("the lease was not let go", { lease: name, error: String(error) }),
        );
    },
  };
}
