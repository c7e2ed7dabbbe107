import { describe, expect, test } from "vitest";
import { Deployment } from "../../src/api/apps/deployment.ts";
import { ConfigMap } from "../../src/api/core/config-map.ts";
import { Pod } from "../../src/api/core/pod/pod.ts";
import { ServiceAccount } from "../../src/api/core/service-account.ts";
import { type ApiCluster, apiCluster } from "../fixtures/cluster.ts";
import { configMap, deployment, namespace } from "../fixtures/workloads.ts";

/** A Namespace beside the cluster's own, with a name that no other test has. */
async function another(cluster: ApiCluster): Promise<string> {
  const name = `${cluster.namespace}-other`;
  await cluster.apply(namespace(name));
  return name;
}

describe("a Namespace", () => {
  test("gets its default ServiceAccount and the cluster's root certificates", async () => {
    await using cluster = await apiCluster();
    const name = await another(cluster);

    await cluster.until(async () => (await cluster.client.list(ServiceAccount, { namespace: name })).items.length === 1);
    await cluster.until(async () => (await cluster.client.list(ConfigMap, { namespace: name })).items.length === 1);

    expect(await cluster.get(`ServiceAccount/${name}/default`)).toBeDefined();
    expect(Object.keys((await cluster.get(`ConfigMap/${name}/kube-root-ca.crt`)).data ?? {})).toEqual(["ca.crt"]);
    await cluster.delete(`Namespace/${name}`);
  });

  test("that is deleted goes with everything in it", async () => {
    await using cluster = await apiCluster();
    const name = await another(cluster);
    await cluster.apply(deployment("api", { namespace: name, replicas: 3 }));
    await cluster.until(`Deployment/${name}/api`, "Available");

    await cluster.delete(`Namespace/${name}`);
    await cluster.untilDeleted(`Namespace/${name}`);

    for (const row of [Pod, Deployment, ConfigMap, ServiceAccount])
      expect((await cluster.client.list<ConfigMap>(row as typeof ConfigMap, { namespace: name })).items).toEqual([]);
  });

  test("waits for finalizers of what is in it, and says so", async () => {
    await using cluster = await apiCluster();
    const name = await another(cluster);
    await cluster.apply(configMap("held", { namespace: name, finalizers: ["example.com/hold"] }));

    await cluster.delete(`Namespace/${name}`);
    await cluster.until(`Namespace/${name}`, "NamespaceFinalizersRemaining");
    expect(await cluster.condition(`Namespace/${name}`, "NamespaceFinalizersRemaining")).toMatchObject({
      reason: "SomeFinalizersRemain",
      message: "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
    });

    await cluster.patch(`ConfigMap/${name}/held`, { metadata: { finalizers: null } });
    await cluster.untilDeleted(`Namespace/${name}`);
  });

  test("takes nothing new while it is being deleted", async () => {
    await using cluster = await apiCluster();
    const name = await another(cluster);
    await cluster.apply(configMap("held", { namespace: name, finalizers: ["example.com/hold"] }));
    await cluster.delete(`Namespace/${name}`);

    const refused = cluster.client.create(ConfigMap, { metadata: { namespace: name, name: "late" } });

    await expect(refused).rejects.toMatchObject({ code: 403, details: { causes: [{ reason: "NamespaceTerminating" }] } });
    await cluster.patch(`ConfigMap/${name}/held`, { metadata: { finalizers: null } });
    await cluster.untilDeleted(`Namespace/${name}`);
  });
});
