import { describe, expect, it } from "vitest";
import { decodeUtf8 } from "../base/bytes.ts";
import type { HttpRequest, HttpResponse } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import {
  apiServerHealthRoute,
  apiServerMetrics,
  expose,
  type HealthCheck,
  healthRoute,
  metricsRegistry,
  metricsRoute,
  ping,
  processMetrics,
  storageMetrics,
  workQueueMetrics,
} from "./index.ts";

const request = (path: string, query = ""): HttpRequest =>
  ({ method: "GET", path, query, headers: {} }) as unknown as HttpRequest;
const bodyOf = (response: HttpResponse | undefined): string => decodeUtf8(response?.body as Uint8Array);

describe("Metrics", () => {
  it("are exposed with help, type, escaped labels and cumulative buckets", () => {
    const registry = metricsRegistry();
    registry
      .counter({ name: "b_total", help: "Counts\nthings.", labels: ["why"] })
      .with('a "b"\\\n')
      .add(2);
    const latency = registry.histogram({ name: "a_seconds", help: "Latency.", bounds: [0.1, 1] }).with();
    for (const value of [0.05, 0.1, 0.5, 3]) latency.observe(value);
    registry.gauge({ name: "c", help: "Never set.", labels: ["x"] });
    expect(expose(registry)).toBe(`# HELP a_seconds Latency.
# TYPE a_seconds histogram
a_seconds_bucket{le="0.1"} 2
a_seconds_bucket{le="1"} 3
a_seconds_bucket{le="+Inf"} 4
a_seconds_sum 3.65
a_seconds_count 4
# HELP b_total Counts\\nthings.
# TYPE b_total counter
b_total{why="a \\"b\\"\\\\\\n"} 2
`);
  });

  it("give the same series for the same label values, until it is removed", () => {
    const family = metricsRegistry().gauge({ name: "g", help: "G.", labels: ["a", "b"] });
    family.with("1", "2").set(5);
    expect(family.with("1", "2").value).toBe(5);
    expect(family.with("2", "1").value).toBe(0);
    family.remove("1", "2");
    expect([...family.series()].map(([values]) => values)).toEqual([["2", "1"]]);
    expect(family.with("1", "2").value).toBe(0);
  });

  it("are refused twice under one name, and with a wrong number of labels", () => {
    const registry = metricsRegistry();
    const family = registry.counter({ name: "n", help: "N.", labels: ["a"] });
    expect(() => registry.gauge({ name: "n", help: "N." })).toThrow("exists already");
    expect(() => family.with()).toThrow("takes 1 labels");
  });

  it("of requests, queues, storage and process have upstream's names", () => {
    const registry = metricsRegistry();
    const server = apiServerMetrics(registry);
    const pods = { verb: "LIST", group: "", version: "v1", resource: "pods", subresource: "", scope: "namespace" } as const;
    server.request({ ...pods, dryRun: false, code: 200, durationMs: 30, responseBytes: 2000 });
    const end = server.begin("readOnly");
    const close = server.beginLongRunning({ ...pods, verb: "WATCH" });
    server.watchEvents(pods, 3);
    const queue = workQueueMetrics(registry)("replicaset");
    queue.added();
    queue.added();
    queue.taken(5);
    queue.done(1);
    queue.retried();
    storageMetrics(registry, { objects: () => [["pods", 7]], bytes: () => 4096 });
    processMetrics(registry, { cpuSeconds: () => 1.5, residentBytes: () => 9, startSeconds: 3 });
    const text = bodyOf(metricsRoute(registry)(request("/metrics")));
    for (const line of [
      'apiserver_request_total{verb="LIST",dry_run="",group="",version="v1",resource="pods",subresource="",scope="namespace",component="apiserver",code="200"} 1',
      'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
      'apiserver_watch_events_total{group="",version="v1",resource="pods"} 3',
      'apiserver_storage_objects{resource="pods"} 7',
      'workqueue_depth{name="replicaset"} 1',
      'workqueue_adds_total{name="replicaset"} 2',
      'workqueue_retries_total{name="replicaset"} 1',
      'workqueue_work_duration_seconds_count{name="replicaset"} 1',
      "process_cpu_seconds_total 1.5",
      "process_resident_memory_bytes 9",
    ])
      expect(text).toContain(`\n${line}\n`);
    expect(text).toMatch(/apiserver_request_duration_seconds_bucket\{[^}]*le="0.05"\} 1\n/);
    end();
    close();
    expect(expose(registry)).toContain('apiserver_current_inflight_requests{request_kind="readOnly"} 0');
  });
});

describe("Health", () => {
  const silent = { warn() {} } as unknown as Logger;
  const etcd = (problem?: string): HealthCheck => ({ name: "etcd", check: async () => problem });
  const asking = (problem?: string) => {
    const route = healthRoute({ endpoints: { readyz: [ping, etcd(problem)] }, logger: silent });
    return async (path: string, query = "") => route(request(path, query));
  };

  it("says ok, and with verbose what was checked", async () => {
    const ask = asking();
    const response = await ask("/readyz");
    expect([response?.status, bodyOf(response), response?.headers["content-type"]]).toEqual([
      200,
      "ok",
      "text/plain; charset=utf-8",
    ]);
    expect(bodyOf(await ask("/readyz", "verbose"))).toBe("[+]ping ok\n[+]etcd ok\nreadyz check passed\n");
  });

  it("withholds the reason of a failure, but not from who asks for the one check", async () => {
    const ask = asking("disk full");
    const response = await ask("/readyz");
    expect([response?.status, bodyOf(response)]).toEqual([
      500,
      "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n",
    ]);
    expect(bodyOf(await ask("/readyz/etcd"))).toBe("internal server error: disk full\n");
    expect(bodyOf(await ask("/readyz/ping"))).toBe("ok");
  });

  it("leaves out what is excluded, and warns of names that it does not know", async () => {
    const ask = asking("disk full");
    expect(bodyOf(await ask("/readyz", "exclude=etcd"))).toBe("ok");
    expect(bodyOf(await ask("/readyz", "exclude=etcd&exclude=nope&verbose"))).toBe(
      '[+]ping ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: no matches for "nope"\nreadyz check passed\n',
    );
  });

  it("counts a check that throws as failed, and knows no other checks and endpoints", async () => {
    const broken: HealthCheck = { name: "broken", check: () => Promise.reject(new Error("no answer")) };
    const route = healthRoute({ endpoints: { livez: [broken] }, logger: silent });
    expect((await route(request("/livez")))?.status).toBe(500);
    const missing = await route(request("/livez/nope"));
    expect([missing?.status, bodyOf(missing)]).toEqual([404, "404 page not found\n"]);
    expect(await route(request("/readyz"))).toBe(undefined);
  });
});

describe("Health of an API server", () => {
  it("is not ready before its caches are filled and after it is told to stop, but lives", async () => {
    const silent = { warn() {} } as unknown as Logger;
    const state = { synced: false, stopping: false };
    const route = apiServerHealthRoute(
      { storage: () => undefined, synced: () => state.synced, shuttingDown: () => state.stopping },
      silent,
    );
    const code = async (path: string) => (await route(request(path)))?.status;
    expect([await code("/livez"), await code("/readyz"), await code("/healthz/etcd")]).toEqual([200, 500, 200]);
    state.synced = true;
    expect([await code("/readyz"), await code("/readyz/informer-sync")]).toEqual([200, 200]);
    state.stopping = true;
    expect([await code("/readyz"), await code("/livez")]).toEqual([500, 200]);
  });
});
