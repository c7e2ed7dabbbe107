/** The checks of an API server under upstream's names, which probes and dashboards exclude or ask for one by one. */
import type { HttpRequest, HttpResponse } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import { type HealthCheck, healthRoute, ping } from "./health.ts";

export interface ApiServerHealth {
  /** Why the store cannot be used, or undefined. */
  storage(): string | undefined | Promise<string | undefined>;
  /** Whether caches hold what is stored. */
  synced(): boolean;
  /** True from the moment on in which the server is told to stop: it lives, but gets no new requests. */
  shuttingDown(): boolean;
}

export function apiServerHealthRoute(
  health: ApiServerHealth,
  logger: Logger,
): (request: HttpRequest) => Promise<HttpResponse> | HttpResponse | undefined {
  const named = (name: string, check: HealthCheck["check"]): HealthCheck => ({ name, check });
  const storage = (): string | undefined | Promise<string | undefined> => health.storage();
  const living = [ping, named("log", () => undefined), named("etcd", storage)];
  const ready = [
    ...living,
    named("etcd-readiness", storage),
    named("informer-sync", () => (health.synced() ? undefined : "caches are not filled yet")),
    named("shutdown", () => (health.shuttingDown() ? "process is shutting down" : undefined)),
  ];
  return healthRoute({ endpoints: { healthz: living, livez: living, readyz: ready }, logger });
}
