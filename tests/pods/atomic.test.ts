import { describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../src/index.ts";
import { deployment, pod } from "../fixtures/workloads.ts";

const oneNode = () => startCluster({ clock: "virtual", nodes: 1 });

const IMAGE = "registry.k8s.io/pause:3.10";
const ATOMIC = { "timonier.io/atomic": "true" };
const sidecar = { name: "logs", image: IMAGE, restartPolicy: "Always" };

/** A Pod of `main` beside the sidecar `logs`, which do as they are told. */
function atomicPod(name: string, behaviour: object, spec: object = {}) {
  const manifest = pod(name, { spec: { initContainers: [sidecar], ...spec } });
  const annotations = { ...ATOMIC, "timonier.io/behaviour": JSON.stringify(behaviour) };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}

const eventsOf = async (cluster: Cluster, reason: string) =>
  (await cluster.list("Event")).filter((event) => event.reason === reason);

async function failedWith(cluster: Cluster, name: string) {
  await cluster.until(async () => (await cluster.get(`Pod/${name}`)).status.phase === "Failed");
  return (await cluster.get(`Pod/${name}`)).status;
}

describe("an atomic Pod", () => {
  test("fails as a whole when its sidecar ends, with an Event that names the container", async () => {
    await using cluster = await oneNode();
    await cluster.apply(atomicPod("web", { logs: { runs: [{ exitAfter: 5, exitCode: 3 }] } }));

    const status = await failedWith(cluster, "web");

    const message = "Container logs ended with exit code 3 (Error): the Pod is atomic and ends with it";
    expect(status).toMatchObject({ reason: "ContainerDied", message });
    expect(status.initContainerStatuses?.[0]).toMatchObject({ restartCount: 0, state: { terminated: { exitCode: 3 } } });
    expect(status.containerStatuses?.[0]?.state.terminated).toBeDefined();
    expect(await eventsOf(cluster, "ContainerDied")).toMatchObject([
      { type: "Warning", message, involvedObject: { name: "web", fieldPath: "spec.initContainers{logs}" } },
    ]);
  });

  test("gives the containers that live their grace period, and is not ready meanwhile", async () => {
    await using cluster = await oneNode();
    const behaviour = { logs: { runs: [{ exitAfter: 5, exitCode: 1 }] }, main: { onTerm: "ignored" } };
    await cluster.apply(atomicPod("web", behaviour, { terminationGracePeriodSeconds: 20 }));
    await cluster.until("Pod/web", "Ready");

    await cluster.advance("15s");
    const { status } = await cluster.get("Pod/web");
    expect(status.phase).toBe("Running");
    expect(status.conditions?.find(({ type }) => type === "Ready")?.status).toBe("False");

    await cluster.advance("15s");
    expect((await cluster.get("Pod/web")).status).toMatchObject({ phase: "Failed", reason: "ContainerDied" });
    expect((await cluster.get("Pod/web")).status.containerStatuses?.[0]?.state.terminated?.exitCode).toBe(137);
  });

  test("dies of a failed liveness probe, and of any end of what is to run always", async () => {
    await using cluster = await oneNode();
    const probed = { livenessProbe: { httpGet: { port: 80 }, periodSeconds: 1, failureThreshold: 2 } };
    const manifest = pod("probed", {
      container: probed,
      behaviour: {
        livenessProbe: [
          [0, "ok"],
          [5, "status 500"],
        ],
      },
    });
    const annotations = { ...(manifest.metadata as { annotations: object }).annotations, ...ATOMIC };
    await cluster.apply({ ...manifest, metadata: { ...manifest.metadata, annotations } });
    await cluster.apply(atomicPod("ended", { main: { runs: [{ exitAfter: 2, exitCode: 0 }] } }));

    expect((await failedWith(cluster, "probed")).message).toMatch(/^Container main failed its liveness probe/);
    expect((await failedWith(cluster, "ended")).message).toMatch(/^Container main ended with exit code 0 \(Completed\)/);
  });

  test("ends well where its containers do, with a restart policy other than Always", async () => {
    await using cluster = await oneNode();
    const behaviour = { main: { runs: [{ exitAfter: 2, exitCode: 0 }] } };
    await cluster.apply(atomicPod("task", behaviour, { restartPolicy: "OnFailure" }));

    await cluster.until(async () => (await cluster.get("Pod/task")).status.phase === "Succeeded");

    expect(await eventsOf(cluster, "ContainerDied")).toEqual([]);
  });

  test("is replaced by its controller, under another name", async () => {
    await using cluster = await oneNode();
    await cluster.patch("Namespace/default", { metadata: { labels: ATOMIC } });
    const manifest = deployment("web", { spec: { initContainers: [{ ...sidecar, image: "logs" }] } });
    cluster.runtime.image("logs").isPresent().crashes({ after: "30s", exitCode: 1 });
    await cluster.apply(manifest);
    await cluster.until("Deployment/web", "Available");
    const [first] = await cluster.list("Pod");

    await cluster.advance("45s");

    const pods = await cluster.list("Pod");
    expect(pods.map(({ status }) => status.phase).sort()).toEqual(["Failed", "Running"]);
    expect(pods.find(({ status }) => status.phase === "Failed")?.metadata.name).toBe(first?.metadata.name);
    expect((await cluster.get("Deployment/web")).status.availableReplicas).toBe(1);
  });

  test("is what a Pod is by its Namespace's label, unless it says otherwise", async () => {
    await using cluster = await oneNode();
    await cluster.patch("Namespace/default", { metadata: { labels: ATOMIC } });
    const own = pod("own");
    await cluster.apply({ ...own, metadata: { ...own.metadata, annotations: { "timonier.io/atomic": "false" } } });
    await cluster.apply(pod("default"));

    expect((await cluster.get("Pod/default")).metadata.annotations).toEqual(ATOMIC);
    expect((await cluster.get("Pod/own")).metadata.annotations).toEqual({ "timonier.io/atomic": "false" });
  });
});
