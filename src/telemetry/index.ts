/** Metrics and health: what operators and probes ask of a process. */

export { type ApiServerHealth, apiServerHealthRoute } from "./api-server-health.ts";
export {
  type ApiServerMetrics,
  apiServerMetrics,
  type RequestSample,
  type StorageFigures,
  storageMetrics,
} from "./api-server-metrics.ts";
export { expose, exposeSamples, METRICS_CONTENT_TYPE, metricsRoute, type Sample, type SampleFamily } from "./exposition.ts";
export { type HealthCheck, type HealthOptions, healthRoute, ping } from "./health.ts";
export { type ProcessFigures, processMetrics } from "./process-metrics.ts";
export { type Counter, type Family, type Gauge, type Histogram, metricsRegistry, type Registry } from "./registry.ts";
export { type WorkQueueMetrics, workQueueMetrics } from "./work-queue-metrics.ts";
