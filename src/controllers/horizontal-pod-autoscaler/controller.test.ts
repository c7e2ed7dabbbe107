import { describe, expect, test } from "vitest";
import type { HorizontalPodAutoscaler } from "../../api/autoscaling/horizontal-pod-autoscaler.ts";
import { ApiError } from "../../api/errors.ts";
import type { Client } from "../../client/client.ts";
import { type MetricSpec, metricFailure } from "./metrics.ts";
import { demandOf, type Status, withVerdict } from "./plan.ts";

const spec = (minReplicas: number, maxReplicas: number) =>
  ({ minReplicas, maxReplicas, scaleTargetRef: { kind: "Deployment", name: "web" } }) as HorizontalPodAutoscaler["spec"];

describe("the bounds of an autoscaler", () => {
  test.each([
    [0, { do: "rest" }],
    [1, { do: "rescale", replicas: 2, reason: "Current number of replicas below Spec.MinReplicas" }],
    [3, { do: "measure" }],
    [5, { do: "rescale", replicas: 4, reason: "Current number of replicas above Spec.MaxReplicas" }],
  ])("of two to four make of %i replicas: %o", (replicas, demand) => {
    expect(demandOf(spec(2, 4), replicas)).toEqual(demand);
  });
});

test("a verdict keeps the moment of transition while its status is the same", () => {
  const start = Date.parse("2026-01-01T00:00:00Z");
  const verdict = { type: "AbleToScale", status: "True", reason: "SucceededGetScale", message: "" } as const;
  const first = withVerdict({ currentMetrics: [], desiredReplicas: 0 } as Status, verdict, start);
  const same = withVerdict(first, { ...verdict, reason: "SucceededRescale" }, start + 15_000);
  expect(same.conditions).toMatchObject([{ reason: "SucceededRescale", lastTransitionTime: "2026-01-01T00:00:00Z" }]);
  const other = withVerdict(same, { ...verdict, status: "False" }, start + 30_000);
  expect(other.conditions).toMatchObject([{ status: "False", lastTransitionTime: "2026-01-01T00:00:30Z" }]);
});

describe("a metric that cannot be had", () => {
  const without = {
    raw: () => Promise.reject(new ApiError({ code: 404, reason: "NotFound", message: "404 page not found" })),
  } as unknown as Client;
  const of = (metric: object) => metricFailure(without, metric as MetricSpec, { namespace: "default", selector: "app=web" });

  test("is told for resources by what was asked of them", async () => {
    const source = { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } };
    expect(await of({ type: "Resource", resource: source })).toMatchObject({
      reason: "FailedGetResourceMetric",
      message:
        "failed to get memory usage: unable to get metrics for resource memory: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)",
    });
  });

  test("is told for external ones by name and selector", async () => {
    const metric = { name: "queue", selector: { matchLabels: { a: "b" } } };
    expect((await of({ type: "External", external: { metric } })).message).toMatch(
      /^unable to get external metric default\/queue\/a=b: /,
    );
  });
});
