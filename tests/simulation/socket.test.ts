import { expect, test } from "vitest";
import { Deployment } from "../../src/api/apps/deployment.ts";
import { Node } from "../../src/api/core/node.ts";
import { realClock } from "../../src/base/clock.ts";
import { createClient } from "../../src/client/http-client.ts";
import { startCluster } from "../../src/index.ts";
import { readKubeconfig } from "../../src/pki/kubeconfig.ts";
import { wireClient } from "../../src/wire/client.ts";
import { deployment } from "../fixtures/workloads.ts";

test("a cluster on the virtual clock is looked at through a socket, and stands still meanwhile", async () => {
  await using cluster = await startCluster({ clock: "virtual", nodes: 2, serve: true });
  const { token: _, ...access } = await readKubeconfig(cluster.kubeconfig());
  const wire = wireClient(access);
  const outside = createClient({ transport: wire.handle, clock: realClock });

  expect((await outside.list(Node)).items.map(({ metadata }) => metadata.name)).toEqual(["node-1", "node-2"]);

  await cluster.apply(deployment("api", { replicas: 2, image: "api:1" }));
  const before = await outside.get(Deployment, { namespace: "default", name: "api" });
  expect(before.status?.readyReplicas ?? 0).toBe(0);

  await cluster.until("Deployment/api", "Available");
  const after = await outside.get(Deployment, { namespace: "default", name: "api" });
  expect(after.status?.readyReplicas).toBe(2);
  wire.close();
});

test("a cluster on the real clock needs nobody to move it", async () => {
  await using cluster = await startCluster({ nodes: 1 });
  await cluster.apply(deployment("api", { replicas: 2 }));

  await cluster.until("Deployment/api", "Available");
});
