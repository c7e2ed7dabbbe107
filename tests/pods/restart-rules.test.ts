import { describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../src/index.ts";
import { pod } from "../fixtures/workloads.ts";

const oneNode = () => startCluster({ clock: "virtual", nodes: 1 });

const IMAGE = "registry.k8s.io/pause:3.10";
const rule = (action: string, values: number[]) => ({ action, exitCodes: { operator: "In", values } });

/** Beside `main`, whose behaviour is one of several. */
function podOf(name: string, behaviour: object, spec: object, container: object) {
  const manifest = pod(name, { spec: { restartPolicy: "Never", ...spec }, container });
  return { ...manifest, metadata: { ...manifest.metadata, annotations: { "timonier.io/behaviour": JSON.stringify(behaviour) } } };
}

const statusesOf = async (cluster: Cluster, name: string) => (await cluster.get(`Pod/${name}`)).status;

describe("a container with rules of its own", () => {
  test("is started again where a rule names its exit code, whatever its Pod's policy", async () => {
    await using cluster = await oneNode();
    const runs = [
      { exitAfter: 1, exitCode: 42 },
      { exitAfter: 1, exitCode: 7 },
    ];
    const rules = { restartPolicy: "Never", restartPolicyRules: [rule("Restart", [42])] };
    await cluster.apply(podOf("task", { main: { runs } }, {}, rules));

    await cluster.until(async () => (await statusesOf(cluster, "task")).phase === "Failed");

    expect((await statusesOf(cluster, "task")).containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      state: { terminated: { exitCode: 7 } },
      lastState: { terminated: { exitCode: 42 } },
    });
  });

  test("follows its own policy where its Pod's is another", async () => {
    await using cluster = await oneNode();
    const runs = [
      { exitAfter: 1, exitCode: 1 },
      { exitAfter: 1, exitCode: 0 },
    ];
    await cluster.apply(podOf("task", { main: { runs } }, {}, { restartPolicy: "OnFailure" }));

    await cluster.until(async () => (await statusesOf(cluster, "task")).phase === "Succeeded");

    expect((await statusesOf(cluster, "task")).containerStatuses?.[0]?.restartCount).toBe(1);
  });

  test("has all containers start anew where its rule says so, init containers first", async () => {
    await using cluster = await oneNode();
    const behaviour = { main: { runs: [{ exitAfter: 5, exitCode: 42 }, {}] }, setup: { runs: [{ exitAfter: 1, exitCode: 0 }] } };
    const spec = {
      initContainers: [
        { name: "setup", image: IMAGE },
        { name: "logs", image: IMAGE, restartPolicy: "Always" },
      ],
    };
    const rules = { restartPolicy: "Never", restartPolicyRules: [rule("RestartAllContainers", [42])] };
    const seen = cluster.observe("Pod", { app: "task" }, ([only]) =>
      only?.status.conditions?.find(({ type }) => type === "AllContainersRestarting"),
    );
    await cluster.apply(podOf("task", behaviour, spec, rules));

    await cluster.advance("20s");

    const status = await statusesOf(cluster, "task");
    const [setup, logs] = status.initContainerStatuses ?? [];
    expect(status.phase).toBe("Running");
    expect(setup).toMatchObject({ restartCount: 1, state: { terminated: { exitCode: 0 } } });
    expect(logs).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { reason: "RestartingAllContainers", exitCode: 137 } },
    });
    expect(status.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      state: { running: {} },
      lastState: { terminated: { exitCode: 42 } },
    });
    expect(seen.values.map((condition) => condition?.reason)).toContain("RestartAllContainersStarted");
    expect(status.conditions?.find(({ type }) => type === "AllContainersRestarting")?.status).toBe("False");
  });
});
