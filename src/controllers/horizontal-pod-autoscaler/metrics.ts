/**
 * Asks the metrics APIs for what autoscalers look at. Nothing in the cluster serves these APIs by itself: what comes of it is why
 * there are no metrics, in the words in which autoscalers tell it.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#support-for-metrics-apis
 */
import type { HorizontalPodAutoscaler } from "../../api/autoscaling/horizontal-pod-autoscaler.ts";
import { ApiError } from "../../api/errors.ts";
import { formatSelector } from "../../api/table/cells.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Client } from "../../client/client.ts";
import { messageOf } from "../pod-control.ts";

export type MetricSpec = DeepReadonly<NonNullable<HorizontalPodAutoscaler["spec"]["metrics"]>[number]>;

/** Why a metric cannot be had. */
export interface MetricFailure {
  /** Reason of the Event and of the condition ScalingActive. */
  reason: string;
  message: string;
  /** The same, for the Event that sums all metrics up. */
  summary: string;
}

/** One request to a metrics API. */
interface Query {
  path: string;
  /** `pods.metrics.k8s.io`. */
  resource: string;
}

async function refusalOf(client: Client, { path, resource }: Query): Promise<string> {
  try {
    await client.raw({ method: "GET", path });
  } catch (error) {
    const code = error instanceof ApiError ? error.code : 0;
    if (code === 404) return `the server could not find the requested resource (get ${resource})`;
    if (code === 503) return `the server is currently unable to handle the request (get ${resource})`;
    return messageOf(error);
  }
  return `replicas are not computed from metrics (get ${resource})`;
}

const resourceQuery = (namespace: string, selector: string): Query => ({
  path: `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`,
  resource: "pods.metrics.k8s.io",
});

const NO_CUSTOM_METRICS =
  "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered";

interface Target {
  name: string;
  target: { averageUtilization?: number; averageValue?: string };
}

/** CPU or memory of Pods, or of one container of each. */
async function resourceFailure(client: Client, { name, target }: Target, query: Query): Promise<string> {
  if (target.averageValue === undefined && target.averageUtilization === undefined)
    return "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set";
  const what = target.averageValue === undefined ? "utilization" : "usage";
  const refusal = await refusalOf(client, query);
  return `failed to get ${name} ${what}: unable to get metrics for resource ${name}: unable to fetch metrics from resource metrics API: ${refusal}`;
}

export async function metricFailure(
  client: Client,
  metric: MetricSpec,
  { namespace, selector }: { namespace: string; selector: string },
): Promise<MetricFailure> {
  const { resource, containerResource, pods, object, external } = metric;
  if (resource) {
    const message = await resourceFailure(client, resource, resourceQuery(namespace, selector));
    const summary = `failed to get ${resource.name} resource metric value: ${message}`;
    return { reason: "FailedGetResourceMetric", message, summary };
  }
  if (containerResource) {
    const message = await resourceFailure(client, containerResource, resourceQuery(namespace, selector));
    const summary = `failed to get ${containerResource.name} container metric value: ${message}`;
    return { reason: "FailedGetContainerResourceMetric", message, summary };
  }
  if (pods) {
    const message = `unable to get metric ${pods.metric.name}: ${NO_CUSTOM_METRICS}`;
    return { reason: "FailedGetPodsMetric", message, summary: `failed to get pods metric value: ${message}` };
  }
  if (object) {
    const { kind, name } = object.describedObject;
    const message = `unable to get metric ${object.metric.name}: ${kind} on ${namespace} ${name}/${NO_CUSTOM_METRICS}`;
    return { reason: "FailedGetObjectMetric", message, summary: `failed to get object metric value: ${message}` };
  }
  if (external) {
    const { name, selector: of } = external.metric;
    const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${name}`;
    const refusal = await refusalOf(client, { path, resource: `${name}.external.metrics.k8s.io` });
    const text = formatSelector(of);
    const message = `unable to get external metric ${namespace}/${name}/${text}: unable to fetch metrics from external metrics API: ${refusal}`;
    return { reason: "FailedGetExternalMetric", message, summary: `failed to get ${name} external metric value: ${message}` };
  }
  const message = `unknown metric source type ${JSON.stringify(metric.type)}`;
  return { reason: "InvalidMetricSourceType", message, summary: message };
}
