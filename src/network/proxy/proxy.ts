/**
 * The Service proxy of one node: follows Services and EndpointSlices, and keeps the kernel's rules and the relays on loopback as the
 * compiler says.
 *
 * Stopping leaves the rules where they are: what was reachable stays so, and the next proxy takes over in one transaction.
 */
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Informers } from "../../client/informer.ts";
import type { BaseRulesetOptions } from "../node/base-ruleset.ts";
import { type RunCommand, runCommand } from "../node/commands.ts";
import { createApplier } from "./applier.ts";
import { forgetStaleFlows } from "./conntrack.ts";
import { compileHostPorts, type HostPort } from "./host-ports.ts";
import { createLoopbackRelay, type LoopbackRelay } from "./loopback-relay.ts";
import type { LoopbackPort, ServiceRules } from "./model.ts";
import { followServices } from "./service-follower.ts";
import { createRulesetTable, type RulesetTable } from "./table.ts";

export interface ProxyOptions {
  nodeName: string;
  /** What setUpNodeNetwork answered. */
  base: BaseRulesetOptions;
  informers: Informers;
  clock: Clock;
  logger: Logger;
  run?: RunCommand;
}

export interface ServiceProxy {
  /** Resolves when the kernel has all that the informers said by now. */
  applied(): Promise<void>;
  /**
   * For a Pod that is about to end: gives it no new connections from this node, whatever its slices still say, unless it is the last one
   * that serves. Resolves when that is applied, so that SIGTERM interrupts nobody; false where no Service names the Pod.
   */
  withdraw(podUid: string): Promise<boolean>;
  /**
   * The host ports of a Pod on this node; none takes them away. Resolves when that is applied. A restarted agent says them again: the
   * first rules that it applies hold none.
   */
  setHostPorts(pod: { uid: string; ip: string }, ports: readonly HostPort[]): Promise<void>;
  /** Closes the relays; the rules stay. */
  stop(): Promise<void>;
}

/** A port that changes hands is in two Services for a moment. */
const distinctPorts = (ports: readonly LoopbackPort[]): LoopbackPort[] => [
  ...new Map(ports.map((port) => [port.port, port])).values(),
];

/** What goes with the rules outside of the table: relays, and the kernel's memory of UDP senders. */
function sideEffects(table: RulesetTable, { relay, run, logger }: { relay: LoopbackRelay; run: RunCommand; logger: Logger }) {
  /** At first an earlier agent's senders may be known still. */
  let datagramsChanged = true;
  let portsChanged = false;
  return {
    put(key: string, rules: ServiceRules | undefined): void {
      const before = table.rulesOf(key);
      table.put(key, rules);
      const after = table.rulesOf(key);
      datagramsChanged ||= before.datagramRoutes.length + after.datagramRoutes.length > 0;
      portsChanged ||= before.loopbackPorts.length + after.loopbackPorts.length > 0;
    },
    async follow(): Promise<void> {
      if (!portsChanged && !datagramsChanged) return;
      const rules = [...table.services()].map((key) => table.rulesOf(key));
      if (portsChanged) relay.update(distinctPorts(rules.flatMap(({ loopbackPorts }) => loopbackPorts)));
      portsChanged = false;
      if (!datagramsChanged) return;
      datagramsChanged = false;
      const routes = rules.flatMap(({ datagramRoutes }) => datagramRoutes);
      await forgetStaleFlows(run, routes).catch((error: unknown) => {
        logger.warn("UDP senders may keep an endpoint that is gone", { error: String(error) });
      });
    },
  };
}

/** Starts to follow; resolves when the rules of everything that is there have been applied. */
export async function startProxy(options: ProxyOptions): Promise<ServiceProxy> {
  const { nodeName, base, informers, clock, logger, run = runCommand } = options;
  const table = createRulesetTable();
  const relay = createLoopbackRelay({ clock, logger });
  const effects = sideEffects(table, { relay, run, logger });
  let started = false;
  const follower = followServices({
    nodeName,
    podCidr: base.podCidr,
    informers,
    table: { put: effects.put, rulesOf: table.rulesOf },
    logger,
    // Before all is known there is nothing to apply: what an earlier agent left behind serves on.
    onTouched: () => started && applier.changed(),
  });
  const applier = createApplier({
    table,
    base,
    run,
    clock,
    logger,
    prepare: follower.compile,
    onApplied: effects.follow,
  });
  await informers.synced();
  started = true;
  await applier.applied();

  return {
    applied: applier.applied,
    async withdraw(podUid) {
      const known = follower.withdraw(podUid);
      await applier.applied();
      return known;
    },
    setHostPorts({ uid, ip }, ports) {
      effects.put(`pod ${uid}`, ports.length === 0 ? undefined : compileHostPorts(uid, ip, ports));
      applier.changed();
      return applier.applied();
    },
    async stop() {
      await applier.stop();
      await relay.stop();
    },
  };
}
