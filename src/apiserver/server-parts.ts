/** What the verbs work with: the parts of one API server, put together in server.ts. */
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { HttpHandler, Origin } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import type { Store } from "../store/store.ts";
import type { AdmissionChain } from "./admission/chain.ts";
import type { Authorizer } from "./authz/authorizer.ts";
import type { Caches } from "./cache/caches.ts";
import type { Encodings } from "./representation/encodings.ts";
import type { ResourceTable } from "./resource-table.ts";
import type { VirtualResource } from "./virtual-resource.ts";
import type { WatchHub } from "./watch/watch-hub.ts";
import type { WriteCompanion } from "./write/companion.ts";
import type { Turns } from "./write/turns.ts";

export type DialNode = (nodeName: string, options?: { insecure?: boolean }) => HttpHandler | undefined;

export interface ServerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly logger: Logger;
  readonly table: ResourceTable;
  readonly caches: Caches;
  readonly admission: AdmissionChain;
  readonly authorizers: readonly Authorizer[];
  readonly virtualResources: readonly VirtualResource[];
  readonly watches: WatchHub;
  /** Names of the components that run beside this server. */
  readonly components: readonly string[];
  /** What was encoded for answers before. */
  readonly encodings: Encodings;
  /** Whose turn it is, where several write one object. */
  readonly turns: Turns;
  /** What is written together with certain objects. */
  readonly companions: readonly WriteCompanion[];
  /** A way to the kubelet of a node; undefined where there is none. `insecure`: whatever certificate it shows. */
  dialNode: DialNode;
  /** A way to a Pod's address, or to what listens on a node; undefined where nothing leads there. */
  dialAddress(origin: Origin): HttpHandler | undefined;
}
