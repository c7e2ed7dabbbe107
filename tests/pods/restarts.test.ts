import { describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../src/index.ts";
import { pod } from "../fixtures/workloads.ts";

const oneNode = () => startCluster({ clock: "virtual", nodes: 1 });

const mainOf = async (cluster: Cluster, name: string) => (await cluster.get(`Pod/${name}`)).status.containerStatuses?.[0];

describe("a container that ends", () => {
  test("is started again after a delay that doubles from 10 seconds to 5 minutes", async () => {
    await using cluster = await oneNode();
    cluster.runtime.image("crash").isPresent().crashes({ exitCode: 3 });
    const starts = cluster.observe("Pod", { app: "crash" }, ([only]) => ({
      restarts: only?.status.containerStatuses?.[0]?.restartCount ?? 0,
      atMs: cluster.clock.now(),
    }));
    await cluster.apply(pod("crash", { image: "crash" }));

    await cluster.advance("30m");

    const firstSeen = new Map<number, number>();
    for (const { restarts, atMs } of starts.values) if (!firstSeen.has(restarts)) firstSeen.set(restarts, atMs);
    const times = [...firstSeen.values()];
    const gaps = times.slice(1).map((atMs, index) => Math.round((atMs - (times[index] ?? 0)) / 1000));
    // The first restart is immediate.
    expect(gaps.slice(0, 8)).toEqual(
      [expect.toBeOneOf([0, 1]), 10, 20, 40, 80, 160, 300, 300].map((each) => (typeof each === "number" ? around(each) : each)),
    );
    expect((await mainOf(cluster, "crash"))?.state).toMatchObject({ waiting: { reason: "CrashLoopBackOff" } });
    expect((await mainOf(cluster, "crash"))?.lastState).toMatchObject({ terminated: { exitCode: 3, reason: "Error" } });
  });

  test("well ends its Pod where the restart policy is OnFailure", async () => {
    await using cluster = await oneNode();
    await cluster.apply(
      pod("task", { behaviour: { runs: [{ exitAfter: 2, exitCode: 0 }] }, spec: { restartPolicy: "OnFailure" } }),
    );

    await cluster.until(async () => (await cluster.get("Pod/task")).status.phase === "Succeeded");

    expect(await mainOf(cluster, "task")).toMatchObject({ restartCount: 0, state: { terminated: { reason: "Completed" } } });
  });

  test("badly is started again where the restart policy is OnFailure, and not where it is Never", async () => {
    await using cluster = await oneNode();
    const behaviour = {
      runs: [
        { exitAfter: 1, exitCode: 1 },
        { exitAfter: 1, exitCode: 0 },
      ],
    };
    await cluster.apply(pod("retried", { behaviour, spec: { restartPolicy: "OnFailure" } }));
    await cluster.apply(pod("failed", { behaviour, spec: { restartPolicy: "Never" } }));

    await cluster.advance("2m");

    expect((await cluster.get("Pod/retried")).status.phase).toBe("Succeeded");
    expect(await mainOf(cluster, "retried")).toMatchObject({ restartCount: 1 });
    expect((await cluster.get("Pod/failed")).status.phase).toBe("Failed");
    expect(await mainOf(cluster, "failed")).toMatchObject({ restartCount: 0 });
  });

  test("is started again when its liveness probe fails, with an Event that says why", async () => {
    await using cluster = await oneNode();
    const livenessProbe = { httpGet: { port: 80 }, periodSeconds: 1, failureThreshold: 3 };
    await cluster.apply(
      pod("sick", {
        container: { livenessProbe },
        behaviour: {
          livenessProbe: [
            [0, "ok"],
            [10, "status 500"],
          ],
        },
      }),
    );

    await cluster.advance("60s");

    expect((await mainOf(cluster, "sick"))?.restartCount).toBeGreaterThan(0);
    expect(await cluster.events("Pod/sick")).toContain("Normal Killing: Container main failed liveness probe, will be restarted");
  });
});

describe("a Pod", () => {
  test("runs its init containers one after another before the others", async () => {
    await using cluster = await oneNode();
    const initContainers = ["first", "second"].map((name) => ({ name, image: "init" }));
    cluster.runtime
      .image("init")
      .isPresent()
      .behaves({ runs: [{ exitAfter: 5, exitCode: 0 }] });
    const phases = cluster.observe("Pod", { app: "web" }, ([only]) =>
      [...(only?.status.initContainerStatuses ?? []), ...(only?.status.containerStatuses ?? [])]
        .filter(({ state }) => state?.running)
        .map(({ name }) => name)
        .join(),
    );
    await cluster.apply(pod("web", { spec: { initContainers } }));
    await cluster.until("Pod/web", "Ready");

    expect([...new Set(phases.values)].filter((each) => each !== "")).toEqual(["first", "second", "main"]);
  });

  test("that ignores SIGTERM is killed when its grace period is over", async () => {
    await using cluster = await oneNode();
    await cluster.apply(pod("stubborn", { behaviour: { onTerm: "ignored" }, spec: { terminationGracePeriodSeconds: 20 } }));
    await cluster.until("Pod/stubborn", "Ready");
    await cluster.delete("Pod/stubborn");

    await cluster.advance("19s");
    expect((await cluster.get("Pod/stubborn")).metadata.deletionTimestamp).toBeDefined();

    await cluster.advance("3s");
    await expect(cluster.get("Pod/stubborn")).rejects.toMatchObject({ code: 404 });
  });

  test("whose image cannot be pulled waits, and runs once it can", async () => {
    await using cluster = await oneNode();
    const image = cluster.runtime.image("private:1").failsToPull("unauthorized");
    await cluster.apply(pod("web", { image: "private:1" }));
    const reason = async () => (await mainOf(cluster, "web"))?.state.waiting?.reason;
    await cluster.until(async () => (await reason()) === "ErrImagePull");
    await cluster.until(async () => (await reason()) === "ImagePullBackOff");

    image.isPresent();
    await cluster.until("Pod/web", "Ready");
  });
});

/** Within a second or two: the kubelet looks in passes. */
const around = (seconds: number) => expect.toSatisfy((value: number) => Math.abs(value - seconds) <= 2, `about ${seconds}`);
