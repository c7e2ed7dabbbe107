/**
 * The API server: one request handler, without sockets, over a store.
 *
 * It knows nothing of who calls it or of how: `wire` makes requests of bytes, a component in the same process calls `handle`
 * itself, and both run through the same stages.
 */
import type { AnyResource } from "../api/row.ts";
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { HttpHandler, Origin } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import type { Store } from "../store/store.ts";
import { admissionChain } from "./admission/chain.ts";
import type { AdmissionPlugin, AdmissionReader } from "./admission/plugin.ts";
import type { Authenticator } from "./authn/authenticator.ts";
import type { Authorizer } from "./authz/authorizer.ts";
import { createCaches } from "./cache/caches.ts";
import { type Feed, feed } from "./cache/feed.ts";
import { pipeline } from "./pipeline.ts";
import { encodings } from "./representation/encodings.ts";
import { type ResourceTable, resourceTable } from "./resource-table.ts";
import type { DialNode, ServerParts } from "./server-parts.ts";
import { ipRange } from "./services/ip-range.ts";
import { repairServiceRanges } from "./services/range-repair.ts";
import { type ServiceRanges, serviceCompanion } from "./services/service-companion.ts";
import { auditStage } from "./stages/audit.ts";
import { authenticationStage } from "./stages/authentication.ts";
import { authorizationStage } from "./stages/authorization.ts";
import { flowControlStage } from "./stages/flow-control.ts";
import { impersonationStage } from "./stages/impersonation.ts";
import { requestInfoStage } from "./stages/request-info.ts";
import { type RequestMeter, requestMetricsStage } from "./stages/request-metrics.ts";
import { type Route, verbStage } from "./verbs/index.ts";
import type { VirtualResource } from "./virtual-resource.ts";
import { watchHub } from "./watch/watch-hub.ts";
import { turns } from "./write/turns.ts";

export interface ApiServerOptions {
  store: Store;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
  /** Served from the start; custom resources come later through `resources`. */
  rows: readonly AnyResource[];
  /** Asked in order; none has to know the caller. */
  authenticators: readonly Authenticator[];
  authorizers: readonly Authorizer[];
  /** In upstream's order. */
  admission: readonly AdmissionPlugin[];
  virtualResources?: readonly VirtualResource[];
  /** What answers paths that are no resources; the first that answers, answers. */
  routes?: readonly Route[];
  /** Counts requests. */
  requestMeter?: RequestMeter;
  /** What runs beside this server, as ComponentStatus names it: `controller-manager`, `scheduler`. */
  components?: readonly string[];
  /** A way to a node's kubelet. */
  dialNode?: DialNode;
  /** A way to the address of a Pod, or of what listens on a node; certificates are not verified. */
  dialAddress?: (origin: Origin) => HttpHandler | undefined;
  /** Where Services get addresses and node ports from. */
  serviceRanges?: Partial<ServiceRanges>;
}

const DEFAULT_RANGES: ServiceRanges = { cidr: "10.96.0.0/16", nodePorts: { first: 30_000, last: 32_767 } };

export interface ApiServer {
  readonly handle: HttpHandler;
  /** The server's own view of what is stored, without I/O: for authorizers, admission and routes. Rows must be loaded. */
  readonly reader: AdmissionReader;
  /** For what follows rows within the server: state and events of a row, without encoding. */
  readonly feed: Feed;
  /** What is served; rows may be added and removed while it runs. */
  readonly resources: ResourceTable;
  /** How many objects of each row are in the cache, for metrics. */
  objectCounts(): Iterable<readonly [resource: string, count: number]>;
  /** Fills the caches of rows that readers need at once. */
  load(rows: readonly AnyResource[]): Promise<void>;
  /** Resolves when requests can be answered: the ranges of Services agree with what is stored. */
  ready(): Promise<void>;
  /** Ends all watches; the store stays open. Idempotent. */
  close(): Promise<void>;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, clock, entropy, logger, rows, authenticators, authorizers } = options;
  const table = resourceTable(rows);
  const caches = createCaches(store);
  const ranges = { ...DEFAULT_RANGES, ...options.serviceRanges };
  const parts: ServerParts = {
    store,
    clock,
    entropy,
    logger,
    table,
    caches,
    admission: admissionChain({ plugins: options.admission, reader: caches, clock, entropy }),
    authorizers,
    virtualResources: options.virtualResources ?? [],
    encodings: encodings(),
    components: options.components ?? [],
    turns: turns(),
    watches: watchHub({ clock, store }),
    companions: [serviceCompanion({ store, caches, clock, entropy, ranges })],
    dialNode: options.dialNode ?? (() => undefined),
    dialAddress: options.dialAddress ?? (() => undefined),
  };
  const handle = pipeline({
    clock,
    entropy,
    logger,
    stages: [
      requestInfoStage,
      ...(options.requestMeter ? [requestMetricsStage(options.requestMeter, table)] : []),
      authenticationStage(authenticators),
      auditStage,
      impersonationStage(authorizers),
      flowControlStage,
      authorizationStage(authorizers),
      verbStage(parts, options.routes ?? []),
    ],
  });
  return {
    handle,
    reader: caches,
    feed: feed(caches),
    resources: table,
    objectCounts: () => caches.counts(),
    load: (wanted) => caches.load(wanted),
    async ready() {
      await repairServiceRanges(store, { caches, entropy, range: ipRange(ranges.cidr), nowMs: () => clock.now() });
    },
    async close() {
      parts.watches.close();
      caches.close();
    },
  };
}
