import { expect, test } from "vitest";
import { Endpoints } from "../../api/core/endpoints.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { Service } from "../../api/core/service.ts";
import { controllerBench } from "../testing/bench.ts";
import { endpointsController } from "./endpoints.ts";

test("Endpoints show their ports in upstream's order, which is that of hashes", async () => {
  await using bench = await controllerBench({ controllers: [endpointsController] });
  const metadata = { namespace: "default", name: "web", labels: { app: "web" } };
  bench.client.seed(Pod, {
    metadata,
    spec: { nodeName: "n1", containers: [] },
    status: {
      phase: "Running",
      podIP: "10.0.0.1",
      podIPs: [{ ip: "10.0.0.1" }],
      conditions: [{ type: "Ready", status: "True" }],
    },
  });
  const ports = [
    { name: "http", port: 80, targetPort: 8080, protocol: "TCP" },
    { name: "metrics", port: 9090, targetPort: 8081, protocol: "TCP" },
  ];
  bench.client.seed(Service, { metadata, spec: { selector: { app: "web" }, ipFamilies: ["IPv4"], ports } });
  await bench.clock.settle();
  const [{ subsets } = { subsets: undefined }] = bench.client.all<Endpoints>(Endpoints);
  expect(subsets?.map((subset) => subset.ports?.map(({ name, port }) => `${name} ${port}`))).toEqual([
    ["metrics 8081", "http 8080"],
  ]);
});
