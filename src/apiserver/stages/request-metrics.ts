/**
 * Counts requests, from where their info is known until they are answered. Names in paths that lead nowhere are not counted by name:
 * else any caller could make series without end.
 * https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import { isApiError } from "../../api/errors.ts";
import type { ResponseBody } from "../../base/http.ts";
import type { ApiServerMetrics, RequestSample } from "../../telemetry/index.ts";
import type { RequestContext, Stage } from "../request-context.ts";
import type { ResourceTable } from "../resource-table.ts";

/** What is counted here; watches and their events are counted where they are served. */
export type RequestMeter = Pick<ApiServerMetrics, "request" | "begin">;

const VERBS: Readonly<Record<string, string>> = {
  get: "GET",
  list: "LIST",
  watch: "WATCH",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETECOLLECTION",
  post: "POST",
  put: "PUT",
  head: "GET",
};

const READ_ONLY: ReadonlySet<string> = new Set(["get", "list", "watch", "head"]);

export const requestMetricsStage =
  (meter: RequestMeter, table: ResourceTable): Stage =>
  async (context, next) => {
    const { verb } = context.info;
    const startedMs = context.clock.monotonic();
    const end = meter.begin(READ_ONLY.has(verb) ? "readOnly" : "mutating");
    const sample = (code: number, responseBytes: number): void =>
      meter.request({
        ...placeOf(context, table),
        verb: verbOf(context),
        dryRun: context.dryRun,
        code,
        durationMs: context.clock.monotonic() - startedMs,
        responseBytes,
      });
    try {
      const response = await next(context);
      sample(response.status, lengthOf(response.body));
      return response;
    } catch (error) {
      sample(isApiError(error) ? error.code : 500, 0);
      throw error;
    } finally {
      end();
    }
  };

const NOWHERE = { group: "", version: "", resource: "", subresource: "", scope: "" } as const;

function placeOf(
  { info }: RequestContext,
  table: ResourceTable,
): Omit<RequestSample, "verb" | "dryRun" | "code" | "durationMs" | "responseBytes"> {
  const { group, version, resource, namespace, name } = info;
  const served = info.isResourceRequest ? table.find(group, version, resource) : undefined;
  if (served === undefined) return NOWHERE;
  const subresource = served.row.subresources.find((each) => each.name === info.subresource)?.name ?? "";
  const scope = name !== "" ? "resource" : namespace !== "" ? "namespace" : "cluster";
  return { group, version, resource, subresource, scope };
}

function verbOf({ info, request }: RequestContext): string {
  if (info.verb === "patch" && request.headers["content-type"]?.startsWith("application/apply-patch")) return "APPLY";
  return VERBS[info.verb] ?? "other";
}

function lengthOf(body: ResponseBody): number {
  if (body instanceof Uint8Array) return body.length;
  return "stream" in body ? 0 : body.reduce((sum, part) => sum + part.length, 0);
}
