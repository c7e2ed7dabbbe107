import { expect, test } from "vitest";
import { Service } from "../../api/core/service.ts";
import { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import { seededEntropy } from "../../base/entropy.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { fakeClient } from "../../client/testing/fake-client.ts";
import { ensureDnsEndpoint, ensureDnsService, removeDnsEndpoint } from "./cluster-objects.ts";

test("makes the Service once, and keeps each node's endpoint where its DNS listens", async () => {
  const client = fakeClient({ clock: virtualClock(), entropy: seededEntropy(1) });
  await ensureDnsService(client, { address: "10.96.0.10" });
  await ensureDnsService(client, { address: "10.96.0.10" });
  expect(
    client.all<Service>(Service).map(({ metadata, spec }) => [metadata.name, metadata.labels?.["k8s-app"], spec.clusterIP]),
  ).toEqual([["kube-dns", "kube-dns", "10.96.0.10"]]);
  for (const port of [10_053, 40_000]) await ensureDnsEndpoint(client, { nodeName: "a", address: "10.95.0.1", port });
  await ensureDnsEndpoint(client, { nodeName: "b", address: "10.95.0.2", port: 10_053 });
  const slices = client.all<EndpointSlice>(EndpointSlice);
  expect(slices.map(({ metadata, endpoints, ports }) => [metadata.name, endpoints[0]?.addresses, ports[0]?.port])).toEqual([
    ["kube-dns-a", ["10.95.0.1"], 40_000],
    ["kube-dns-b", ["10.95.0.2"], 10_053],
  ]);
  await removeDnsEndpoint(client, "a");
  await removeDnsEndpoint(client, "a");
  expect(client.all(EndpointSlice)).toHaveLength(1);
});
