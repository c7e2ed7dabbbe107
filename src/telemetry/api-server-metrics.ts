/**
 * What an API server counts, under upstream's names, so that dashboards and alerts made for Kubernetes read it.
 * https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import type { Registry } from "./registry.ts";

/** One request, when it is answered. All texts are those that routing already has; none is made for this. */
export interface RequestSample {
  /** Upper case, as upstream counts: GET, LIST, WATCH, POST, PUT, PATCH, APPLY, DELETE, DELETECOLLECTION, CONNECT. */
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  scope: "cluster" | "namespace" | "resource" | "";
  dryRun: boolean;
  code: number;
  durationMs: number;
  /** 0 for streams. */
  responseBytes: number;
}

export interface ApiServerMetrics {
  request(sample: RequestSample): void;
  /** A request begins; call what it gives when it ends. */
  begin(kind: "mutating" | "readOnly"): () => void;
  /** A watch or another long-running request begins; call what it gives when it ends. */
  beginLongRunning(of: Pick<RequestSample, "verb" | "group" | "version" | "resource" | "subresource" | "scope">): () => void;
  /** Events that were sent to watchers. */
  watchEvents(of: Pick<RequestSample, "group" | "version" | "resource">, count: number): void;
}

const REQUEST_SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const RESPONSE_BYTES = [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];
const ABOUT = ["verb", "dry_run", "group", "version", "resource", "subresource", "scope", "component"] as const;
const COMPONENT = "apiserver";

export function apiServerMetrics(registry: Registry): ApiServerMetrics {
  const total = registry.counter({
    name: "apiserver_request_total",
    help: "Requests by verb, dry run value, group, version, resource, scope, component, and response code.",
    labels: [...ABOUT, "code"],
  });
  const seconds = registry.histogram({
    name: "apiserver_request_duration_seconds",
    help: "Response latency in seconds by verb, dry run value, group, version, resource, subresource, scope and component.",
    labels: ABOUT,
    bounds: REQUEST_SECONDS,
  });
  const sizes = registry.histogram({
    name: "apiserver_response_sizes",
    help: "Response size in bytes by group, version, verb, resource, subresource, scope and component.",
    labels: ["verb", "group", "version", "resource", "subresource", "scope", "component"],
    bounds: RESPONSE_BYTES,
  });
  const inFlight = registry.gauge({
    name: "apiserver_current_inflight_requests",
    help: "Requests that are being answered, by kind.",
    labels: ["request_kind"],
  });
  const longRunning = registry.gauge({
    name: "apiserver_longrunning_requests",
    help: "Long-running requests that are open.",
    labels: ["verb", "group", "version", "resource", "subresource", "scope", "component"],
  });
  const events = registry.counter({
    name: "apiserver_watch_events_total",
    help: "Events sent to watch clients.",
    labels: ["group", "version", "resource"],
  });
  const codes = new Map<number, string>();
  const codeText = (code: number): string => {
    const known = codes.get(code) ?? String(code);
    codes.set(code, known);
    return known;
  };
  return {
    request({ verb, group, version, resource, subresource, scope, dryRun, code, durationMs, responseBytes }) {
      const dry = dryRun ? "All" : "";
      total.with(verb, dry, group, version, resource, subresource, scope, COMPONENT, codeText(code)).add();
      seconds.with(verb, dry, group, version, resource, subresource, scope, COMPONENT).observe(durationMs / 1000);
      sizes.with(verb, group, version, resource, subresource, scope, COMPONENT).observe(responseBytes);
    },
    begin(kind) {
      const gauge = inFlight.with(kind);
      gauge.add(1);
      return () => gauge.add(-1);
    },
    beginLongRunning({ verb, group, version, resource, subresource, scope }) {
      const gauge = longRunning.with(verb, group, version, resource, subresource, scope, COMPONENT);
      gauge.add(1);
      return () => gauge.add(-1);
    },
    watchEvents: ({ group, version, resource }, count) => events.with(group, version, resource).add(count),
  };
}

export interface StorageFigures {
  /** Objects by `<resource>.<group>`. */
  objects(): Iterable<readonly [resource: string, count: number]>;
  /** Size of the store's file; undefined where it has none. */
  bytes(): number | undefined;
}

/** Figures of the store, read at each scrape. */
export function storageMetrics(registry: Registry, figures: StorageFigures): void {
  const objects = registry.gauge({
    name: "apiserver_storage_objects",
    help: "Stored objects by resource.",
    labels: ["resource"],
  });
  const size = registry.gauge({
    name: "apiserver_storage_size_bytes",
    help: "Size of the storage file in bytes.",
    labels: ["storage_cluster_id"],
  });
  registry.beforeScrape(() => {
    for (const [resource, count] of figures.objects()) objects.with(resource).set(count);
    const bytes = figures.bytes();
    if (bytes !== undefined) size.with("storage-0").set(bytes);
  });
}
