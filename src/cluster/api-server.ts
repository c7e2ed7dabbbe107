/**
 * The API server as a cluster runs it: with its security, its discovery, health and metrics routes, its compactor, and the objects
 * that a new cluster begins with.
 */
import { builtInResources } from "../api/resources.ts";
import { discoveryRoutes } from "../apiserver/discovery/index.ts";
import { followDanglingSchemas } from "../apiserver/flow-control/dangling-schemas.ts";
import { createSecurity } from "../apiserver/security.ts";
import { type ApiServer, createApiServer } from "../apiserver/server.ts";
import { createClient } from "../client/http-client.ts";
import { startCompactor } from "../store/compactor.ts";
import {
  apiServerHealthRoute,
  apiServerMetrics,
  metricsRegistry,
  metricsRoute,
  processMetrics,
  type Registry,
  storageMetrics,
} from "../telemetry/index.ts";
import { bootstrap } from "./bootstrap.ts";
import type { ControlPlaneOptions } from "./control-plane.ts";
import { LOOPBACK } from "./identities.ts";

/** What kube-apiserver takes node ports from unless told otherwise. */
const NODE_PORTS = { first: 30_000, last: 32_767 };

/** What `/readyz` is told of. */
interface Progress {
  synced: boolean;
  shuttingDown: boolean;
}

async function storageProblem({ store }: ControlPlaneOptions): Promise<string | undefined> {
  await store.revision();
  return undefined;
}

function observe(registry: Registry, options: ControlPlaneOptions, server: () => ApiServer): void {
  let bytes: number | undefined;
  storageMetrics(registry, {
    objects: () => server().objectCounts(),
    bytes: () => {
      const size = options.store.sizeBytes();
      if (typeof size === "number") bytes = size;
      return bytes;
    },
  });
  if (options.process) processMetrics(registry, options.process);
}

function routesOf(options: ControlPlaneOptions, registry: Registry, progress: Progress, server: () => ApiServer) {
  const { clock, serverAddress, compressor, logger } = options;
  const health = {
    storage: () => storageProblem(options),
    synced: () => progress.synced,
    shuttingDown: () => progress.shuttingDown,
  };
  return [
    discoveryRoutes({
      rows: () => server().resources.rows(),
      now: () => clock.now(),
      pause: () => clock.pause(),
      ...(serverAddress ? { serverAddress } : {}),
      ...(compressor ? { compressor } : {}),
      otherPaths: ["/healthz", "/livez", "/metrics", "/readyz"],
    }),
    apiServerHealthRoute(health, logger),
    metricsRoute(registry),
  ];
}

/** Resolves when requests can be answered: what a cluster begins with is stored, and Services' ranges agree with it. */
export async function startApiServer(options: ControlPlaneOptions): Promise<ApiServer> {
  const { store, clock, entropy, logger, tokenKey, serviceAccountIssuer: issuer, dialNode, dialAddress } = options;
  const security = createSecurity({ clock, entropy, tokenKey, issuer });
  const registry = metricsRegistry();
  const progress: Progress = { synced: false, shuttingDown: false };
  const server: ApiServer = createApiServer({
    store,
    clock,
    entropy,
    logger,
    rows: builtInResources,
    authenticators: security.authenticators,
    authorizers: security.authorizers,
    admission: security.admission,
    virtualResources: security.virtualResources,
    routes: [...routesOf(options, registry, progress, () => server), ...security.routes],
    components: [
      ...(options.disabled.has("controllers") ? [] : ["controller-manager"]),
      ...(options.disabled.has("scheduler") ? [] : ["scheduler"]),
    ],
    requestMeter: apiServerMetrics(registry),
    serviceRanges: { cidr: options.serviceCidr, nodePorts: NODE_PORTS },
    ...(dialNode ? { dialNode } : {}),
    ...(dialAddress ? { dialAddress } : {}),
  });
  observe(registry, options, () => server);
  await security.start(server);
  await bootstrap(
    createClient({ transport: server.handle, clock, user: LOOPBACK, userAgent: "kube-apiserver" }),
    server,
    options.trust,
  );
  await server.ready();
  progress.synced = true;
  const endDangling = await followDanglingSchemas({ server, clock, logger });
  const compactor = startCompactor({
    store,
    clock,
    onError: (error) => logger.warn("compaction failed", { error: error instanceof Error ? error.message : String(error) }),
  });
  return {
    ...server,
    async close() {
      progress.shuttingDown = true;
      compactor.stop();
      endDangling();
      security.stop();
      await server.close();
    },
  };
}
