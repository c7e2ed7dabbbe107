/** What runs on a real node, asked through the API server: Pods, Services, the node itself. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Service } from "../../src/api/core/service.ts";
import { EndpointSlice } from "../../src/api/discovery/endpoint-slice.ts";
import { busyboxArchive } from "./busybox-image.ts";
import { pidsNaming, until, whyNot } from "./namespaces.ts";
import { type Answer, answerTo, type Caller, callerOf, headOf, memoryOf, receive, sendMegabytes, upgradeOf } from "./proxied.ts";
import { openCluster, type RealCluster } from "./real-cluster.ts";
import { IMAGE, logOf, runningPod, shell } from "./real-pods.ts";

const missing = await whyNot();
if (missing !== undefined) console.warn(`tests of a real node are skipped: ${missing}`);

const MEGABYTES = process.env.TIMONIER_TEST_SIZE === "full" ? 1000 : 100;
const NAMESPACE = "/api/v1/namespaces/default";

/** Pages and programs of the web server, and a server that speaks in capitals once the connection is its own. */
const SERVER = `
mkdir -p /www/cgi-bin && cd /www
echo '<a href="/there">there</a>' > page.html
echo plain > plain.txt
cat > cgi-bin/sum <<'X'
#!/bin/sh
sum=$(head -c "$CONTENT_LENGTH" | sha256sum)
printf 'Content-Type: text/plain\\r\\n\\r\\n%s' "$sum"
X
cat > cgi-bin/zeros <<'X'
#!/bin/sh
printf 'Content-Type: application/octet-stream\\r\\n\\r\\n'
exec head -c "$QUERY_STRING" /dev/zero
X
cat > cgi-bin/seen <<'X'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\nSet-Cookie: a=1\\r\\nSet-Cookie: b=2\\r\\n\\r\\n'
echo "$REQUEST_METHOD $QUERY_STRING uri=$HTTP_X_FORWARDED_URI for=$HTTP_X_FORWARDED_FOR auth=$HTTP_AUTHORIZATION"
X
cat > /upgrade <<'X'
#!/bin/sh
while read -r line && [ "\${#line}" -gt 1 ]; do :; done
printf 'HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: capitals\\r\\n\\r\\n'
while read -r line; do echo "$line" | tr a-z A-Z; done
X
chmod +x cgi-bin/* /upgrade
nc -ll -p 9000 -e /upgrade &
exec httpd -f -p 8080`;

describe.skipIf(missing !== undefined)("the API server of a real node", () => {
  let cluster: RealCluster;
  let caller: Caller;

  const ask = (path: string, method = "GET"): Promise<Answer> => {
    const outgoing = caller.open(method, path);
    const answer = answerTo(outgoing);
    outgoing.end();
    return answer;
  };

  beforeAll(async () => {
    cluster = await openCluster();
    const archive = join(cluster.namespaces.directory, "busybox.tar");
    await writeFile(archive, await busyboxArchive([IMAGE]));
    await cluster.timonier("image load", archive);
    caller = await callerOf(cluster);
    const { client } = cluster;
    await runningPod(client, "web", {
      command: shell(SERVER),
      container: { ports: [{ containerPort: 8080 }], readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } },
      metadata: { labels: { app: "web" } },
    });
    const ports = [
      { name: "http", port: 80, targetPort: 8080 },
      { name: "upgrade", port: 90, targetPort: 9000 },
    ];
    await client.create(Service, { metadata: { name: "web", namespace: "default" }, spec: { selector: { app: "web" }, ports } });
    await until("the Service has an endpoint", async () => {
      const { items } = await client.list(EndpointSlice, { labelSelector: "kubernetes.io/service-name=web" });
      return items.some(({ endpoints }) => endpoints?.some(({ conditions }) => conditions.ready));
    });
  }, 120_000);
  afterAll(() => cluster?.close());

  test("shows pages of a Pod and of a Service, with links that lead through it", async () => {
    for (const seen of [
      `${NAMESPACE}/pods/web/proxy`,
      `${NAMESPACE}/pods/http:web:8080/proxy`,
      `${NAMESPACE}/services/web:http/proxy`,
    ]) {
      expect((await ask(`${seen}/plain.txt`)).body).toBe("plain\n");
      expect((await ask(`${seen}/page.html`)).body).toBe(`<a href="${seen}/there">there</a>\n`);
      const { status, headers } = await ask(`${seen}?a=b`);
      expect([status, headers.location]).toEqual([301, `${seen}/?a=b`]);
    }
  });

  test("says where a request came from, and keeps credentials to itself", async () => {
    const { body, headers } = await ask(`${NAMESPACE}/services/web:80/proxy/cgi-bin/seen?x=%20`);
    expect(body).toBe(`GET x=%20 uri=${NAMESPACE}/services/web:80/proxy/cgi-bin/seen for=127.0.0.1 auth=\n`);
    expect(headers["set-cookie"]).toEqual(["a=1", "b=2"]);
  });

  test("says what cannot be reached in upstream's words", async () => {
    const said = async (path: string): Promise<string> => JSON.parse((await ask(path)).body).message;
    expect(await said(`${NAMESPACE}/pods/web:81/proxy/`)).toMatch(
      /^error trying to reach service: dial tcp 10\.\d+\.\d+\.\d+:81: connect: connection refused$/,
    );
    expect(await said(`${NAMESPACE}/pods/https:web:8080/proxy/`)).toBe(
      "error trying to reach service: http: server gave HTTP response to HTTPS client",
    );
    expect(await said(`${NAMESPACE}/services/web:81/proxy/`)).toBe('no service port 81 found for service "web"');
  });

  test("passes upgrades through, both ways, until one side closes", async () => {
    const headers = { connection: "Upgrade", upgrade: "capitals" };
    for (const path of [`${NAMESPACE}/pods/web:9000/proxy/`, `${NAMESPACE}/services/web:90/proxy/`]) {
      const taken = await upgradeOf(caller.open("GET", path, headers));
      expect(taken.headers.upgrade).toBe("capitals");
      let heard = "";
      const closed = new Promise((resolve) => taken.socket.once("close", resolve));
      taken.socket.on("data", (part: Buffer) => {
        heard += part;
        if (heard === "ONE\n") taken.socket.write("two\n");
        if (heard === "ONE\nTWO\n") taken.socket.end();
      });
      taken.socket.write("one\n");
      await closed;
      expect(heard).toBe("ONE\nTWO\n");
    }
  });

  test("shows the node's own API", async () => {
    expect((await ask("/api/v1/nodes/n1/proxy/healthz")).body).toBe("ok");
    expect(JSON.parse((await ask("/api/v1/nodes/n1:10250/proxy/pods")).body).kind).toBe("PodList");
    expect((await ask("/api/v1/nodes/n1/proxy/nothing")).status).toBe(404);
  });

  test(`carries ${MEGABYTES} MB up and down through a Service in bounded memory`, async () => {
    const bytes = MEGABYTES * 2 ** 20;
    const memory = await memoryOf(cluster, pidsNaming(join(cluster.dataDirectory, "agent/agent.json")));
    const path = `${NAMESPACE}/services/web:http/proxy/cgi-bin`;
    const outgoing = caller.open("POST", `${path}/sum`, { "content-length": bytes });
    const answer = answerTo(outgoing);
    const sent = await sendMegabytes(outgoing, MEGABYTES, memory.look);
    expect((await answer).body).toBe(`${sent}  -\n`.trimEnd());
    expect(await receive(await headOf(caller.open("GET", `${path}/zeros?${bytes}`)), memory.look)).toBe(bytes);
    memory.look();
    expect(memory.growth()).toBeLessThan(50);
  }, 120_000);

  test("lets a slow reader of a Pod's log wait, and grows neither the server nor the agent", async () => {
    const script = "line=$(head -c 999 /dev/zero | tr '\\0' x); yes $line | head -n 8000; echo end; exec sleep 3600";
    await runningPod(cluster.client, "talks", { command: shell(script) });
    const log = `${NAMESPACE}/pods/talks/log`;
    await until("all is said", async () => (await logOf(cluster.client, "talks", "tailLines=1")) === "end\n");
    const memory = await memoryOf(cluster, pidsNaming(join(cluster.dataDirectory, "agent/agent.json")));
    // None of these is read before all of them wait and others were read to their end.
    const slow = await Promise.all(Array.from({ length: 10 }, () => headOf(caller.open("GET", log))));
    for (let count = 0; count < 3; count++) await receive(await headOf(caller.open("GET", log)), memory.look);
    for (const answer of slow) expect(await receive(answer, memory.look)).toBe(8_000_004);
    expect(memory.growth()).toBeLessThan(50);
  }, 120_000);
});
