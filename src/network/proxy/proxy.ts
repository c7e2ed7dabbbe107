/**
 * The Service proxy of one node: follows Services and EndpointSlices, and keeps the kernel's rules and the relays on loopback as the
 * compiler says.
 *
 * A change compiles the Services it concerns and no others. Stopping leaves the rules where they are: what was reachable stays so.
 */
import { Service } from "../../api/core/service.ts";
import { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import { keyOf, namespaceOf } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Informers } from "../../client/informer.ts";
import type { BaseRulesetOptions } from "../node/base-ruleset.ts";
import { type RunCommand, runCommand } from "../node/commands.ts";
import { createApplier } from "./applier.ts";
import { compileService } from "./compiler.ts";
import { forgetStaleFlows } from "./conntrack.ts";
import { compileHostPorts, type HostPort } from "./host-ports.ts";
import { createLoopbackRelay } from "./loopback-relay.ts";
import type { LoopbackPort, ServiceRules } from "./model.ts";
import { createRulesetTable } from "./table.ts";

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
   * that serves. Resolves when that is applied, so that SIGTERM interrupts nobody.
   */
  withdraw(podUid: string): Promise<void>;
  /**
   * The host ports of a Pod on this node; none takes them away. Resolves when that is applied. A restarted agent says them again: the
   * first rules that it applies hold none.
   */
  setHostPorts(pod: { uid: string; ip: string }, ports: readonly HostPort[]): Promise<void>;
  /** Closes the relays; the rules stay. */
  stop(): Promise<void>;
}

const BY_SERVICE = "network/service";
const BY_POD = "network/pod";
/** The label that names a slice's Service. */
const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

type Slice = DeepReadonly<EndpointSlice>;

const serviceKeyOf = (slice: Slice): string => `${namespaceOf(slice)}/${slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? ""}`;

const podUidsOf = ({ endpoints }: Slice): string[] =>
  (endpoints ?? []).flatMap(({ targetRef }) => (targetRef?.uid === undefined ? [] : [targetRef.uid]));

/** Starts to follow; resolves when the rules of everything that is there have been applied. */
export async function startProxy(options: ProxyOptions): Promise<ServiceProxy> {
  const { nodeName, base, informers, clock, logger, run = runCommand } = options;
  const table = createRulesetTable();
  const relay = createLoopbackRelay({ clock, logger });
  const dirty = new Set<string>();
  /** Pods about to end, for as long as a slice names them. */
  const withdrawn = new Set<string>();
  let datagramsChanged = true;
  let portsChanged = false;

  const compilerOptions = { nodeName, podCidr: base.podCidr, isWithdrawn: (uid: string) => withdrawn.has(uid) };

  /** A Service that cannot be compiled keeps its rules: it must not hold up the others. */
  function rulesFor(key: string): ServiceRules | undefined {
    const [namespace = "", name = ""] = key.split("/");
    const service = informers.get(Service, namespace, name);
    if (service === undefined) return undefined;
    try {
      return compileService(service, informers.byIndex(EndpointSlice, BY_SERVICE, key), compilerOptions);
    } catch (error) {
      logger.error("the rules of a Service could not be made", { service: key, error: String(error) });
      return table.rulesOf(key);
    }
  }

  function put(key: string, rules: ServiceRules | undefined): void {
    const before = table.rulesOf(key);
    table.put(key, rules);
    const after = table.rulesOf(key);
    datagramsChanged ||= before.datagramRoutes.length + after.datagramRoutes.length > 0;
    portsChanged ||= before.loopbackPorts.length + after.loopbackPorts.length > 0;
  }

  function compileDirty(): void {
    for (const uid of withdrawn) if (informers.byIndex(EndpointSlice, BY_POD, uid).length === 0) withdrawn.delete(uid);
    for (const key of dirty) put(key, rulesFor(key));
    dirty.clear();
  }

  async function followRules(): Promise<void> {
    const rules = [...table.services()].map((key) => table.rulesOf(key));
    if (portsChanged) relay.update(distinctPorts(rules.flatMap(({ loopbackPorts }) => loopbackPorts)));
    portsChanged = false;
    if (!datagramsChanged) return;
    datagramsChanged = false;
    await forgetStaleFlows(
      run,
      rules.flatMap(({ datagramRoutes }) => datagramRoutes),
    ).catch((error: unknown) => {
      logger.warn("UDP senders may keep an endpoint that is gone", { error: String(error) });
    });
  }

  const applier = createApplier({ table, base, run, clock, logger, prepare: compileDirty, onApplied: followRules });
  const touch = (key: string): void => {
    dirty.add(key);
    if (started) applier.changed();
  };
  let started = false;

  informers.addIndex(EndpointSlice, BY_SERVICE, (slice) => [serviceKeyOf(slice)]);
  informers.addIndex(EndpointSlice, BY_POD, podUidsOf);
  followKinds(informers, touch);
  await informers.synced();
  started = true;
  await applier.applied();

  return {
    applied: applier.applied,
    async withdraw(podUid) {
      const slices = informers.byIndex(EndpointSlice, BY_POD, podUid);
      if (slices.length > 0) withdrawn.add(podUid);
      for (const slice of slices) touch(serviceKeyOf(slice));
      await applier.applied();
    },
    setHostPorts({ uid, ip }, ports) {
      put(`pod ${uid}`, ports.length === 0 ? undefined : compileHostPorts(uid, ip, ports));
      applier.changed();
      return applier.applied();
    },
    async stop() {
      await applier.stop();
      await relay.stop();
    },
  };
}

function followKinds(informers: Informers, touch: (serviceKey: string) => void): void {
  informers.watch(Service, {
    added: (service) => touch(keyOf(service)),
    updated: (service) => touch(keyOf(service)),
    deleted: (service) => touch(keyOf(service)),
  });
  informers.watch(EndpointSlice, {
    added: (slice) => touch(serviceKeyOf(slice)),
    updated(slice, previous) {
      touch(serviceKeyOf(slice));
      touch(serviceKeyOf(previous));
    },
    deleted: (slice) => touch(serviceKeyOf(slice)),
  });
}

/** A port that changes hands is in two Services for a moment. */
function distinctPorts(ports: readonly LoopbackPort[]): LoopbackPort[] {
  return [...new Map(ports.map((port) => [port.port, port])).values()];
}
