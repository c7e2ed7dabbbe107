import { expect, it } from "vitest";
import { notFound } from "../../api/errors.ts";
import { builtInResources } from "../../api/resources.ts";
import type { RequestSample } from "../../telemetry/index.ts";
import type { RequestContext } from "../request-context.ts";
import { resourceTable } from "../resource-table.ts";
import { requestMetricsStage } from "./request-metrics.ts";

const table = resourceTable(builtInResources);

function contextOf(info: object): RequestContext {
  let now = 0;
  const clock = { monotonic: () => (now += 5) };
  const base = {
    isResourceRequest: true,
    verb: "get",
    group: "",
    version: "v1",
    resource: "pods",
    subresource: "",
    namespace: "n",
    name: "p",
  };
  return { info: { ...base, ...info }, clock, dryRun: false, request: { headers: {} } } as unknown as RequestContext;
}

async function sampleOf(info: object, answer: () => Promise<never> | Promise<object>): Promise<RequestSample | undefined> {
  let seen: RequestSample | undefined;
  let open = 0;
  const meter = {
    request: (sample: RequestSample) => {
      seen = sample;
    },
    begin: () => {
      open += 1;
      return () => {
        open -= 1;
      };
    },
  };
  await requestMetricsStage(meter, table)(contextOf(info), answer as never).catch(() => undefined);
  expect(open).toBe(0);
  return seen;
}

const ok = async (): Promise<object> => ({ status: 200, headers: {}, body: new Uint8Array(7) });

it("counts what was asked for, how it ended and how long it took", async () => {
  expect(await sampleOf({}, ok)).toEqual({
    verb: "GET",
    group: "",
    version: "v1",
    resource: "pods",
    subresource: "",
    scope: "resource",
    dryRun: false,
    code: 200,
    durationMs: 5,
    responseBytes: 7,
  });
});

it("counts refusals by their code, and failures as 500", async () => {
  const refuse = () => Promise.reject(notFound({ group: "", resource: "pods" }, "p"));
  expect((await sampleOf({}, refuse))?.code).toBe(404);
  expect((await sampleOf({}, () => Promise.reject(new TypeError("ours"))))?.code).toBe(500);
});

it("does not count unknown resources, subresources and methods by name", async () => {
  expect(await sampleOf({ resource: "nonsense", verb: "brew" }, ok)).toMatchObject({ verb: "other", resource: "", scope: "" });
  expect(await sampleOf({ subresource: "nonsense" }, ok)).toMatchObject({ resource: "pods", subresource: "" });
  expect(await sampleOf({ subresource: "log" }, ok)).toMatchObject({ subresource: "log" });
});
