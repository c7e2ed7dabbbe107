/** What the kubelet promises to Pods, kept by real containers: each promise once, as a container sees it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigMap } from "../../src/api/core/config-map.ts";
import { Pod } from "../../src/api/core/pod/pod.ts";
import { Secret } from "../../src/api/core/secret.ts";
import { Service } from "../../src/api/core/service.ts";
import type { Client } from "../../src/client/client.ts";
import { busyboxArchive } from "./busybox-image.ts";
import { until, whyNot } from "./namespaces.ts";
import { openCluster, type RealCluster } from "./real-cluster.ts";
import { hasEnded, IMAGE, logOf, podOf, podWhen, runningPod, runToEnd, shell } from "./real-pods.ts";

const missing = await whyNot();
if (missing !== undefined) console.warn(`tests of a real node are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a Pod on a real node", () => {
  let cluster: RealCluster;
  let client: Client;
  const namespace = "default";
  /** Runs a script to its end and answers what it wrote. */
  async function output(name: string, script: string, words: Parameters<typeof runToEnd>[3] = {}): Promise<string> {
    await runToEnd(client, name, shell(script), words);
    return logOf(client, name);
  }

  beforeAll(async () => {
    cluster = await openCluster();
    ({ client } = cluster);
    const archive = join(cluster.namespaces.directory, "busybox.tar");
    await writeFile(archive, await busyboxArchive([IMAGE]));
    await cluster.timonier("image load", archive);
    await client.create(ConfigMap, {
      metadata: { name: "settings", namespace },
      data: { COLOUR: "red", "file.txt": "from a file" },
    });
    await client.create(Secret, { metadata: { name: "secret", namespace }, stringData: { WORD: "hush" } });
    await client.create(Service, {
      metadata: { name: "web", namespace },
      spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
    } as unknown as Service);
  });
  afterAll(() => cluster?.close());

  test("finds in its environment what was put there, and the Services that are there", async () => {
    const env = [
      { name: "PLAIN", value: "a" },
      { name: "EXPANDED", value: "$(PLAIN)-$(COLOUR)-$$(X)" },
      { name: "KEY", valueFrom: { configMapKeyRef: { name: "settings", key: "COLOUR" } } },
      { name: "WORD", valueFrom: { secretKeyRef: { name: "secret", key: "WORD" } } },
      { name: "NOT_THERE", valueFrom: { secretKeyRef: { name: "secret", key: "none", optional: true } } },
      { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "1m" } } },
    ];
    const envFrom = [{ configMapRef: { name: "settings" } }, { prefix: "S_", secretRef: { name: "secret" } }];
    const limits = { limits: { cpu: "250m" } };
    const text = await output("environment", "env", { container: { env, envFrom, resources: limits } });
    const lines = text.trim().split("\n");
    for (const line of [
      "PLAIN=a",
      "COLOUR=red",
      "EXPANDED=a-red-$(X)",
      "KEY=red",
      "WORD=hush",
      "S_WORD=hush",
      "POD=environment",
      "CPU=250",
    ])
      expect(lines).toContain(line);
    expect(text).toMatch(/^IP=10\.244\.0\.\d+$/m);
    expect(text).not.toMatch(/^NOT_THERE/m);
    expect(text).toMatch(/^WEB_SERVICE_HOST=10\.96\.\d+\.\d+$/m);
    expect(text).toMatch(/^KUBERNETES_SERVICE_PORT_HTTPS=443$/m);
  });

  test("finds its volumes filled", async () => {
    const volumes = [
      { name: "config", configMap: { name: "settings", items: [{ key: "file.txt", path: "deep/renamed.txt", mode: 0o400 }] } },
      { name: "secret", secret: { secretName: "secret", defaultMode: 0o440 } },
      { name: "labels", downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
      {
        name: "all",
        projected: {
          sources: [
            { serviceAccountToken: { path: "token", audience: "elsewhere", expirationSeconds: 600 } },
            { configMap: { name: "settings", items: [{ key: "COLOUR", path: "colour" }] } },
            { secret: { name: "secret" } },
          ],
        },
      },
      { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
      { name: "disk", emptyDir: {} },
      { name: "host", hostPath: { path: "/run/pods-test", type: "DirectoryOrCreate" } },
    ];
    const volumeMounts = [
      { name: "config", mountPath: "/config" },
      { name: "secret", mountPath: "/secret", readOnly: true },
      { name: "labels", mountPath: "/labels" },
      { name: "all", mountPath: "/all" },
      { name: "memory", mountPath: "/memory" },
      { name: "disk", mountPath: "/sub", subPath: "a/b" },
      { name: "disk", mountPath: "/disk" },
      { name: "config", mountPath: "/one/file.txt", subPath: "deep/renamed.txt" },
      { name: "host", mountPath: "/host", readOnly: true },
    ];
    const script = `
      cat /config/deep/renamed.txt; echo
      stat -L -c %a /config/deep/renamed.txt /secret/WORD
      cat /labels/labels; echo
      cat /all/colour /all/WORD; echo
      cut -d. -f2 /all/token | head -c 4; echo
      grep -c ' /memory tmpfs ' /proc/mounts
      df -k /memory | tail -1 | awk '{print $2}'
      echo shared > /sub/x; cat /disk/a/b/x
      cat /one/file.txt; echo
      touch /host/x 2>/dev/null || echo read-only
      touch /secret/x 2>/dev/null || echo read-only
      ls -ld /var/run/secrets/kubernetes.io/serviceaccount/token > /dev/null && echo token`;
    const text = await output("volumes", script, {
      metadata: { labels: { app: "volumes" } },
      spec: { volumes },
      container: { volumeMounts },
    });
    expect(text.split("\n")).toEqual([
      "from a file",
      "400",
      "440",
      'app="volumes"',
      "redhush",
      expect.stringMatching(/^eyJ/),
      "1",
      "1024",
      "shared",
      "from a file",
      "read-only",
      "read-only",
      "token",
      "",
    ]);
  });

  test("sees a changed ConfigMap in its volume while it runs", async () => {
    await client.create(ConfigMap, { metadata: { name: "live", namespace }, data: { key: "old" } });
    await runningPod(client, "live", {
      command: shell("while :; do cat /live/key; echo; usleep 100000; done"),
      spec: { volumes: [{ name: "live", configMap: { name: "live" } }] },
      container: { volumeMounts: [{ name: "live", mountPath: "/live" }] },
    });
    await until("the old value", async () => (await logOf(client, "live")).includes("old"));
    await client.patch(ConfigMap, { namespace, name: "live" }, "merge", { data: { key: "new" } });
    await until("the new value", async () => (await logOf(client, "live", "tailLines=1")).includes("new"));
  });

  test("owns its volumes as its security context says", async () => {
    const text = await output(
      "group",
      "id -u; id -g; id -G; stat -c '%g %a' /disk; touch /disk/x; stat -c %g /disk/x; cat /secret/WORD",
      {
        spec: {
          securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000 },
          volumes: [
            { name: "disk", emptyDir: {} },
            { name: "secret", secret: { secretName: "secret", defaultMode: 0o400 } },
          ],
        },
        container: {
          volumeMounts: [
            { name: "disk", mountPath: "/disk" },
            { name: "secret", mountPath: "/secret" },
          ],
        },
      },
    );
    expect(text).toBe("1000\n3000\n3000 2000\n2000 2777\n2000\nhush");
  });

  test("has names and a resolver of its own", async () => {
    const text = await output(
      "names",
      "hostname; cat /etc/hostname /etc/hosts /etc/resolv.conf; nslookup web.default.svc.cluster.local",
      {
        spec: { hostname: "box", subdomain: "web", hostAliases: [{ ip: "192.0.2.1", hostnames: ["alias"] }] },
      },
    );
    expect(text).toMatch(/^box\nbox\n# Kubernetes-managed hosts file\.\n/);
    expect(text).toMatch(/^10\.244\.0\.\d+\tbox\.web\.default\.svc\.cluster\.local\tbox$/m);
    expect(text).toContain("192.0.2.1\talias");
    expect(text).toContain("search default.svc.cluster.local svc.cluster.local cluster.local");
    expect(text).toContain("nameserver 10.96.0.10");
    expect(text).toMatch(/^Name:\tweb\.default\.svc\.cluster\.local\nAddress: 10\.96\.\d+\.\d+$/m);
  });

  test("runs init containers one after the other, with sidecars beside them, which end last", async () => {
    const mounts = { image: IMAGE, volumeMounts: [{ name: "disk", mountPath: "/disk" }] };
    const side = `echo side >> /disk/order; trap 'echo side-end; exit 0' TERM; while :; do usleep 50000; done`;
    const text = await output("order", "echo main >> /disk/order; cat /disk/order", {
      spec: {
        volumes: [{ name: "disk", emptyDir: {} }],
        initContainers: [
          { name: "first", ...mounts, command: shell("echo first >> /disk/order") },
          {
            name: "side",
            ...mounts,
            restartPolicy: "Always",
            command: shell(side),
            startupProbe: { exec: { command: ["grep", "side", "/disk/order"] }, periodSeconds: 1 },
          },
          { name: "second", ...mounts, command: shell("echo second >> /disk/order") },
        ],
      },
      container: mounts,
    });
    expect(text).toBe("first\nside\nsecond\nmain\n");
    const { status } = await client.get(Pod, { namespace, name: "order" });
    expect(status.initContainerStatuses?.map(({ name, state }) => [name, state?.terminated?.exitCode])).toEqual([
      ["first", 0],
      ["side", 0],
      ["second", 0],
    ]);
    expect(await logOf(client, "order", "container=side")).toBe("side-end\n");
  });

  test("is ready when its probes say so, by command, HTTP and TCP", async () => {
    const script = "mkdir /www; echo hello > /www/index.html; httpd -p 8080 -h /www; touch /tmp/ready; exec sleep 3600";
    const container = (name: string, readinessProbe: object, command = ["sleep", "3600"]) => ({
      name,
      image: IMAGE,
      command,
      readinessProbe: { periodSeconds: 1, ...readinessProbe },
    });
    const probing = podOf("probes", { metadata: { labels: { app: "web" } } });
    probing.spec.containers = [
      container("exec", { exec: { command: ["test", "-e", "/tmp/ready"] } }, shell(script)),
      container("http", { httpGet: { path: "/index.html", port: 8080 } }),
      container("tcp", { tcpSocket: { port: 8080 } }),
      container("never", { httpGet: { path: "/none", port: 8080 } }),
    ] as unknown as typeof probing.spec.containers;
    await client.create(Pod, probing);
    const { status } = await podWhen(
      client,
      "probes",
      "had three ready containers",
      (pod) => pod.status.containerStatuses?.filter(({ ready }) => ready).length === 3,
    );
    expect(status.containerStatuses?.filter(({ ready }) => !ready).map(({ name }) => name)).toEqual(["never"]);
    expect(status.conditions?.find(({ type }) => type === "Ready")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
    });
  });

  test("is restarted with a growing pause where its liveness fails or it crashes, and keeps the log before", async () => {
    await client.create(Pod, podOf("crash", { command: shell("echo life; exit 3") }));
    const crashed = await podWhen(
      client,
      "crash",
      "backed off",
      ({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff",
    );
    expect(crashed.status.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: "Error" });
    expect(await logOf(client, "crash", "previous=true")).toBe("life\n");
    await client.create(
      Pod,
      podOf("hang", {
        container: { livenessProbe: { exec: { command: ["false"] }, periodSeconds: 1, failureThreshold: 1 } },
      }),
    );
    const hung = await podWhen(
      client,
      "hang",
      "was restarted",
      ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) > 0,
    );
    expect(hung.status.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(137);
  });

  test("is killed when it takes more memory than its limit, and the reason says so", async () => {
    const script =
      "grep -h . /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; exec tail /dev/zero";
    await client.create(
      Pod,
      podOf("hungry", {
        command: shell(script),
        spec: { restartPolicy: "Never" },
        container: { resources: { limits: { memory: "16Mi" } } },
      }),
    );
    const { status } = await podWhen(client, "hungry", "ended", hasEnded);
    expect(status.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
    expect(status.qosClass).toBe("Burstable");
    expect(await logOf(client, "hungry")).toBe(`${16 * 1024 * 1024}\n`);
  });

  test("leaves a message, from its file or from the end of its log", async () => {
    await client.create(
      Pod,
      podOf("file", { command: shell("echo -n words > /dev/termination-log; exit 1"), spec: { restartPolicy: "Never" } }),
    );
    await client.create(
      Pod,
      podOf("log", {
        command: shell("echo last words; exit 1"),
        spec: { restartPolicy: "Never" },
        container: { terminationMessagePolicy: "FallbackToLogsOnError" },
      }),
    );
    for (const [name, message] of [
      ["file", "words"],
      ["log", "last words\n"],
    ] as const) {
      const { status } = await podWhen(client, name, "ended", hasEnded);
      expect(status.containerStatuses?.[0]?.state?.terminated?.message).toBe(message);
    }
  });

  test("hears its hooks, gets its grace, and is gone soon after", async () => {
    const hook = (word: string) => ({ exec: { command: shell(`echo ${word} > /proc/1/fd/1`) } });
    await runningPod(client, "hooks", {
      command: shell("trap 'echo term; exit 0' TERM; while :; do usleep 50000; done"),
      container: { lifecycle: { postStart: hook("post-start"), preStop: hook("pre-stop") } },
      spec: { terminationGracePeriodSeconds: 20 },
    });
    const lines: string[] = [];
    const following = client
      .raw({ method: "GET", path: `/api/v1/namespaces/${namespace}/pods/hooks/log?follow=true` })
      .then(({ body }) => lines.push(Buffer.from(body).toString()));
    await client.delete(Pod, { namespace, name: "hooks" });
    await until(
      "it is gone",
      async () => (await client.list(Pod, { namespace, fieldSelector: "metadata.name=hooks" })).items.length === 0,
      10_000,
    );
    await following;
    expect(lines.join("")).toBe("post-start\npre-stop\nterm\n");
  });

  test("gives its log as it is asked for", async () => {
    await runToEnd(client, "log-lines", shell("for n in 1 2 3 4; do echo line $n; done; echo error >&2"));
    expect(await logOf(client, "log-lines", "tailLines=2")).toMatch(/^(line 4\nerror|line 3\nline 4|error\nline 4)\n$/);
    expect(await logOf(client, "log-lines", "timestamps=true&tailLines=1")).toMatch(/^20\d\d-\S+Z \w+/);
    expect(await logOf(client, "log-lines", "limitBytes=6")).toHaveLength(6);
    expect(await logOf(client, "log-lines", "sinceTime=2100-01-01T00:00:00Z")).toBe("");
    await expect(logOf(client, "log-lines", "container=none")).rejects.toMatchObject({ code: 400 });
    await expect(logOf(client, "log-lines", "previous=true")).rejects.toMatchObject({ code: 400 });
  });

  test("speaks to the API with its token", async () => {
    const [loader, curl] = ["/host/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "/host/usr/bin/curl"];
    const script = `
      cd /var/run/secrets/kubernetes.io/serviceaccount
      ${loader} --library-path /host/usr/lib/x86_64-linux-gnu ${curl} -sS --cacert ca.crt \
        -H "Authorization: Bearer $(cat token)" https://kubernetes.default.svc/api/v1/namespaces/$(cat namespace)/pods`;
    const text = await output("token", script, {
      spec: { volumes: [{ name: "host", hostPath: { path: "/" } }] },
      container: { volumeMounts: [{ name: "host", mountPath: "/host", readOnly: true }] },
    });
    expect(JSON.parse(text)).toMatchObject({
      code: 403,
      message: expect.stringContaining('User "system:serviceaccount:default:default" cannot list resource "pods"'),
    });
  });

  test("shares the host's network where it asks to", async () => {
    const text = await output("host-network", "hostname; ip -o address show timonier0; cat /etc/resolv.conf", {
      spec: { hostNetwork: true },
    });
    expect(text).toContain("inet 10.95.0.1/32");
    expect((await client.get(Pod, { namespace, name: "host-network" })).status.podIP).toBe("10.95.0.1");
  });

  test("says why its image is not there", async () => {
    const [absent, never, wrong] = ["registry.invalid/none:1", "none:1", "Not An Image"];
    await client.create(Pod, podOf("absent", { container: { image: absent } }));
    await client.create(Pod, podOf("never", { container: { image: never, imagePullPolicy: "Never" } }));
    await client.create(Pod, podOf("wrong", { container: { image: wrong } }));
    for (const [name, reasons] of [
      ["never", ["ErrImageNeverPull"]],
      ["wrong", ["InvalidImageName"]],
      ["absent", ["ErrImagePull", "ImagePullBackOff"]],
    ] as const)
      await podWhen(client, name, `waited with ${reasons}`, ({ status }) =>
        (reasons as readonly string[]).includes(status.containerStatuses?.[0]?.state?.waiting?.reason ?? ""),
      );
  });
});
