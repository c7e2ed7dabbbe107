/** How Pods on a real node live on: what becomes of them when something ends, and what may change while they run. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Deployment } from "../../src/api/apps/deployment.ts";
import { Event } from "../../src/api/core/event.ts";
import { isReady, Pod } from "../../src/api/core/pod/pod.ts";
import { Service } from "../../src/api/core/service.ts";
import type { Client } from "../../src/client/client.ts";
import { busyboxArchive } from "./busybox-image.ts";
import { pidsNaming, until, whyNot } from "./namespaces.ts";
import { openCluster, type RealCluster } from "./real-cluster.ts";
import { hasEnded, IMAGE, logOf, podOf, podWhen, runningPod, runToEnd, shell } from "./real-pods.ts";

const missing = await whyNot();
if (missing !== undefined) console.warn(`tests of a real node are skipped: ${missing}`);

const SERVE = "mkdir /www; hostname > /www/index.html; httpd -p 8080 -h /www";

describe.skipIf(missing !== undefined)("on a real node", () => {
  let cluster: RealCluster;
  let client: Client;
  const namespace = "default";

  beforeAll(async () => {
    cluster = await openCluster();
    ({ client } = cluster);
    const archive = join(cluster.namespaces.directory, "busybox.tar");
    await writeFile(archive, await busyboxArchive([IMAGE]));
    await cluster.timonier("image load", archive);
  });
  afterAll(() => cluster?.close());

  /** Ends the one process that has `argument`, as the kernel would. */
  async function killProcess(argument: string): Promise<void> {
    await until(`one process has ${argument}`, () => pidsNaming(argument).length === 1);
    for (const pid of pidsNaming(argument)) process.kill(pid, "SIGKILL");
  }

  const podsOf = async (app: string) => (await client.list(Pod, { namespace, labelSelector: `app=${app}` })).items;

  async function deploy(app: string, template: { metadata?: object; spec: object }): Promise<string> {
    await client.create(Deployment, {
      metadata: { name: app, namespace },
      spec: {
        selector: { matchLabels: { app } },
        template: {
          metadata: { ...template.metadata, labels: { app } },
          spec: { terminationGracePeriodSeconds: 1, ...template.spec },
        },
      },
    } as unknown as Deployment);
    return readyPod(app, []);
  }

  /** The name of a ready Pod that is none of `others`. */
  async function readyPod(app: string, others: readonly string[]): Promise<string> {
    let name: string | undefined;
    await until(
      `another Pod of ${app} is ready`,
      async () => {
        const found = (await podsOf(app)).find((pod) => isReady(pod) && !others.includes(pod.metadata.name));
        name = found?.metadata.name;
        return name !== undefined;
      },
      30_000,
    );
    return name ?? "";
  }

  /** What a program inside answers of a page, `refused` where nobody serves it. */
  const page = (address: string): Promise<string> =>
    cluster.namespaces.run("busybox", ["wget", "-q", "-O", "-", `http://${address}/`]).then(
      (text) => text.trim(),
      () => "refused",
    );

  test("a container that is killed is started again", async () => {
    await runningPod(client, "killed", { command: ["sleep", "2718281"] });
    await killProcess("2718281");
    const { status } = await podWhen(client, "killed", "was restarted", ({ status: { containerStatuses = [] } }) =>
      containerStatuses.some(({ restartCount, state }) => restartCount === 1 && state.running !== undefined),
    );
    expect(status.containerStatuses?.[0]?.lastState.terminated).toMatchObject({ exitCode: 137, reason: "Error" });
  });

  test("a Pod of a Deployment that is deleted is replaced", async () => {
    const first = await deploy("replaced", {
      spec: { containers: [{ name: "main", image: IMAGE, command: ["sleep", "3600"] }] },
    });
    await client.delete(Pod, { namespace, name: first });
    expect(await readyPod("replaced", [first])).not.toBe(first);
  });

  test("an atomic Pod is replaced when its sidecar dies, with an Event that names the container", async () => {
    const first = await deploy("atomic", {
      metadata: { annotations: { "timonier.io/atomic": "true" } },
      spec: {
        initContainers: [{ name: "logs", image: IMAGE, restartPolicy: "Always", command: ["sleep", "3141592"] }],
        containers: [{ name: "main", image: IMAGE, command: ["sleep", "3600"] }],
      },
    });
    await killProcess("3141592");
    expect(await readyPod("atomic", [first])).not.toBe(first);
    const { status } = await podWhen(client, first, "failed", hasEnded);
    const message = "Container logs ended with exit code 137 (Error): the Pod is atomic and ends with it";
    expect(status).toMatchObject({ phase: "Failed", reason: "ContainerDied", message });
    expect(status.containerStatuses?.[0]?.state.terminated).toBeDefined();
    const about = `reason=ContainerDied,involvedObject.name=${first}`;
    await until("the Event is there", async () => {
      const { items } = await client.list(Event, { namespace, fieldSelector: about });
      return items.some((event) => event.message === message && event.involvedObject.fieldPath === "spec.initContainers{logs}");
    });
  });

  test("a Pod whose readiness probe fails is out of its Service within a second of being reported", async () => {
    await runningPod(client, "ready", {
      command: shell(`${SERVE}; touch /tmp/ready; sleep 4; rm /tmp/ready; exec sleep 3600`),
      metadata: { labels: { app: "ready" } },
      container: { readinessProbe: { exec: { command: ["test", "-e", "/tmp/ready"] }, periodSeconds: 1, failureThreshold: 1 } },
    });
    const { spec } = await client.create(Service, {
      metadata: { name: "ready", namespace },
      spec: { selector: { app: "ready" }, ports: [{ port: 80, targetPort: 8080 }] },
    } as unknown as Service);
    await until("the Service answers", async () => (await page(spec.clusterIP ?? "")) === "ready");
    await podWhen(client, "ready", "ceased to be ready", (pod) => !isReady(pod));
    await until("nobody is sent to it", async () => (await page(spec.clusterIP ?? "")) === "refused", 1_000);
  });

  test("host ports lead to a Pod on the addresses that it names, until it has gone", async () => {
    const ports = [
      { containerPort: 8080, hostPort: 18080 },
      { containerPort: 8080, hostPort: 18081, hostIP: "127.0.0.1" },
    ];
    const { status } = await runningPod(client, "host-ports", {
      command: shell(`${SERVE}; exec sleep 3600`),
      container: { ports, readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } },
    });
    expect(await page("127.0.0.1:18080")).toBe("host-ports");
    expect(await page(`${status.hostIP}:18080`)).toBe("host-ports");
    expect(await page("127.0.0.1:18081")).toBe("host-ports");
    expect(await page(`${status.hostIP}:18081`)).toBe("refused");
    await client.delete(Pod, { namespace, name: "host-ports" });
    await until("they are closed", async () => (await page("127.0.0.1:18080")) === "refused");
  });

  test("a container is confined as its security context says", async () => {
    await runToEnd(client, "confined", [], {
      spec: { securityContext: { runAsUser: 1000, runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } } },
      container: {
        command: shell("grep -E '^(Cap(Eff|Bnd)|NoNewPrivs|Seccomp):' /proc/self/status; id -u; touch /x || echo read-only"),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
        },
      },
    });
    const text = await logOf(client, "confined");
    expect(text).toMatch(/^CapBnd:\t0000000000000400$/m);
    expect(text).toMatch(/^NoNewPrivs:\t1$/m);
    expect(text).toMatch(/^Seccomp:\t2$/m);
    expect(text).toMatch(/^1000$/m);
    expect(text).toMatch(/^read-only$/m);
  });

  test("a container that must not run as root and would does not run, and says why", async () => {
    await client.create(Pod, podOf("root", { spec: { securityContext: { runAsNonRoot: true } } }));
    const { status, metadata } = await podWhen(
      client,
      "root",
      "said why it waits",
      (pod) => pod.status.containerStatuses?.[0]?.state.waiting?.reason === "CreateContainerConfigError",
    );
    expect(status.containerStatuses?.[0]?.state.waiting?.message).toBe(
      `container has runAsNonRoot and image will run as root (pod: "root_default(${metadata.uid})", container: main)`,
    );
  });

  test("an ephemeral container sees the processes of its target, and is not started again", async () => {
    await runningPod(client, "target", { command: ["sleep", "1618033"] });
    const debug = { name: "debug", image: IMAGE, targetContainerName: "main", command: shell("ps; exit 3") };
    await client.patch(
      Pod,
      { namespace, name: "target" },
      "strategic",
      { spec: { ephemeralContainers: [debug] } },
      {
        subresource: "ephemeralcontainers",
      },
    );
    const { status } = await podWhen(client, "target", "was debugged", (pod) =>
      (pod.status.ephemeralContainerStatuses ?? []).some(({ state }) => state.terminated !== undefined),
    );
    expect(status.ephemeralContainerStatuses).toMatchObject([
      { name: "debug", restartCount: 0, state: { terminated: { exitCode: 3 } } },
    ]);
    expect(status.phase).toBe("Running");
    expect(await logOf(client, "target", "container=debug")).toContain("sleep 1618033");
  });

  test("paths within a volume are mounted, links out of it are not", async () => {
    const volumes = [{ name: "disk", emptyDir: {} }];
    const init = {
      name: "prepare",
      image: IMAGE,
      command: shell("mkdir /disk/a; echo inside > /disk/a/file; ln -s /etc /disk/out"),
      volumeMounts: [{ name: "disk", mountPath: "/disk" }],
    };
    const at = (subPath: object) => ({
      spec: { volumes, initContainers: [init] },
      container: { env: [{ name: "DIR", value: "a" }], volumeMounts: [{ name: "disk", mountPath: "/mnt", ...subPath }] },
    });
    await runToEnd(client, "sub-path", ["cat", "/mnt/file"], at({ subPathExpr: "$(DIR)" }));
    expect(await logOf(client, "sub-path")).toBe("inside\n");
    await client.create(Pod, podOf("sub-path-out", at({ subPath: "out" })));
    const { status } = await podWhen(
      client,
      "sub-path-out",
      "was refused",
      (pod) => pod.status.containerStatuses?.[0]?.state.waiting?.reason === "CreateContainerConfigError",
    );
    expect(status.containerStatuses?.[0]?.state.waiting?.message).toBe(
      'failed to prepare subPath for volumeMount "disk" of container "main"',
    );
  });

  test("a Pod is given more memory while it runs", async () => {
    const limit = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null";
    const resources = (memory: string) => ({ limits: { memory, cpu: "100m" }, requests: { memory, cpu: "100m" } });
    await runningPod(client, "resized", {
      command: shell(`while :; do ${limit}; usleep 100000; done`),
      container: { resources: resources("32Mi") },
    });
    await client.patch(
      Pod,
      { namespace, name: "resized" },
      "strategic",
      { spec: { containers: [{ name: "main", resources: resources("64Mi") }] } },
      { subresource: "resize" },
    );
    const { status } = await podWhen(
      client,
      "resized",
      "had more",
      (pod) => pod.status.containerStatuses?.[0]?.resources?.limits?.memory === "64Mi",
    );
    expect(status.containerStatuses?.[0]?.restartCount).toBe(0);
    await until("the kernel knows", async () => (await logOf(client, "resized", "tailLines=1")).trim() === String(64 * 2 ** 20));
  });
});
