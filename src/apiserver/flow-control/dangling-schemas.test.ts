import { expect, test, vi } from "vitest";
import { silentLogger } from "../../base/logger.ts";
import { testServer } from "../testing/in-process.ts";
import { followDanglingSchemas } from "./dangling-schemas.ts";

const GROUP = "/apis/flowcontrol.apiserver.k8s.io/v1";

test("a FlowSchema says whether its priority level is there, and writes no more than that", async () => {
  const { server, clock, request } = await testServer();
  const end = await followDanglingSchemas({ server, clock, logger: silentLogger });
  const dangling = async () => (await request("GET", `${GROUP}/flowschemas/f`)).json.status.conditions?.[0];
  const spec = { priorityLevelConfiguration: { name: "p" } };
  const { json } = await request("POST", `${GROUP}/flowschemas`, { metadata: { name: "f" }, spec });
  expect(json.status).toEqual({});
  await vi.waitFor(async () => expect(await dangling()).toMatchObject({ type: "Dangling", status: "True", reason: "NotFound" }));

  const level = { metadata: { name: "p" }, spec: { type: "Limited", limited: { limitResponse: { type: "Reject" } } } };
  expect((await request("POST", `${GROUP}/prioritylevelconfigurations`, level)).status).toBe(201);
  await vi.waitFor(async () => expect(await dangling()).toMatchObject({ status: "False", reason: "Found" }));
  const before = (await request("GET", `${GROUP}/flowschemas/f`)).json;
  expect(before.metadata.generation).toBe(1);

  await request("DELETE", `${GROUP}/prioritylevelconfigurations/p`);
  await vi.waitFor(async () => expect(await dangling()).toMatchObject({ status: "True", reason: "NotFound" }));
  end();
  await request("POST", `${GROUP}/prioritylevelconfigurations`, level);
  expect(await dangling()).toMatchObject({ status: "True" });
});
