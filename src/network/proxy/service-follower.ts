/** Keeps the ruleset table as Services and EndpointSlices say. A change compiles the Services it concerns and no others. */
import { Service } from "../../api/core/service.ts";
import { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import { keyOf, namespaceOf } from "../../api/meta.ts";
import type { Logger } from "../../base/logger.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Informers } from "../../client/informer.ts";
import { compileService } from "./compiler.ts";
import type { ServiceRules } from "./model.ts";
import type { RulesetTable } from "./table.ts";

export interface ServiceFollowerOptions {
  nodeName: string;
  podCidr: string;
  informers: Informers;
  table: Pick<RulesetTable, "put" | "rulesOf">;
  logger: Logger;
  /** Some Service is to be compiled. */
  onTouched: () => void;
}

export interface ServiceFollower {
  /** Compiles what was touched into the table. */
  compile(): void;
  /** Takes the Pod for terminating, whatever its slices still say; false where no slice names it. */
  withdraw(podUid: string): boolean;
}

const BY_SERVICE = "network/service";
const BY_POD = "network/pod";
/** The label that names a slice's Service. */
const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

type Slice = DeepReadonly<EndpointSlice>;

const serviceKeyOf = (slice: Slice): string => `${namespaceOf(slice)}/${slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? ""}`;

const podUidsOf = ({ endpoints }: Slice): string[] =>
  (endpoints ?? []).flatMap(({ targetRef }) => (targetRef?.uid === undefined ? [] : [targetRef.uid]));

function followKinds(informers: Informers, touch: (serviceKey: string) => void): void {
  informers.addIndex(EndpointSlice, BY_SERVICE, (slice) => [serviceKeyOf(slice)]);
  informers.addIndex(EndpointSlice, BY_POD, podUidsOf);
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

export function followServices(options: ServiceFollowerOptions): ServiceFollower {
  const { nodeName, podCidr, informers, table, logger, onTouched } = options;
  const dirty = new Set<string>();
  /** Pods about to end, for as long as a slice names them. */
  const withdrawn = new Set<string>();
  const compilerOptions = { nodeName, podCidr, isWithdrawn: (uid: string) => withdrawn.has(uid) };

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

  const touch = (key: string): void => {
    dirty.add(key);
    onTouched();
  };
  followKinds(informers, touch);

  return {
    compile() {
      for (const uid of withdrawn) if (informers.byIndex(EndpointSlice, BY_POD, uid).length === 0) withdrawn.delete(uid);
      for (const key of dirty) table.put(key, rulesFor(key));
      dirty.clear();
    },
    withdraw(podUid) {
      const slices = informers.byIndex(EndpointSlice, BY_POD, podUid);
      if (slices.length > 0) withdrawn.add(podUid);
      for (const slice of slices) touch(serviceKeyOf(slice));
      return slices.length > 0;
    },
  };
}
