/** pods/proxy, services/proxy and nodes/proxy, without sockets: what is asked of the server behind, and what the client is answered. */
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type TestServer, testServer } from "../../src/apiserver/testing/in-process.ts";
import { concatBytes, decodeUtf8, EMPTY, encodeUtf8 } from "../../src/base/bytes.ts";
import type { HttpRequest, HttpResponse, Origin, Sink } from "../../src/base/http.ts";

interface Seen {
  origin: Origin | string;
  request: HttpRequest;
}

/** A server whose dialled addresses are all answered by `answer`; what they saw is in `seen`. */
async function serverWith(answer: (request: HttpRequest) => HttpResponse | Promise<HttpResponse> = () => ok("hello")) {
  const seen: Seen[] = [];
  const api = await testServer({
    dialAddress: (origin) => async (request) => {
      seen.push({ origin, request });
      return answer(request);
    },
    dialNode: (name) => async (request) => {
      seen.push({ origin: name, request });
      return answer(request);
    },
  });
  return { api, seen };
}

const ok = (text: string, headers: Record<string, string> = {}): HttpResponse => ({
  status: 200,
  headers: { "content-type": "text/plain", ...headers },
  body: encodeUtf8(text),
});

const NAMESPACE = "/api/v1/namespaces/default";

async function pod(api: TestServer, name: string, ip: string, ports: object[] = [{ name: "web", containerPort: 8080 }]) {
  const spec = {
    containers: [
      { name: "c", image: "i" },
      { name: "d", image: "i", ports },
    ],
    nodeName: "node-1",
  };
  await api.request("POST", `${NAMESPACE}/pods`, { metadata: { name }, spec });
  await api.request("PATCH", `${NAMESPACE}/pods/${name}/status`, { status: { podIP: ip, podIPs: [{ ip }] } }, MERGE);
}
const MERGE = { "content-type": "application/merge-patch+json" };

async function service(api: TestServer, name: string, ports: object[] = [{ port: 80, targetPort: 8080 }]) {
  await api.request("POST", `${NAMESPACE}/services`, { metadata: { name }, spec: { ports, selector: { app: name } } });
}

async function slice(api: TestServer, of: string, endpoints: object[], ports: object[] = [{ name: "", port: 8080 }]) {
  const made = await api.request("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    metadata: { generateName: `${of}-`, labels: { "kubernetes.io/service-name": of } },
    addressType: "IPv4",
    endpoints,
    ports,
  });
  expect(made.status).toBe(201);
}
const endpoint = (name: string, ip: string, more: object = {}) => ({
  addresses: [ip],
  targetRef: { kind: "Pod", namespace: "default", name },
  ...more,
});

/** With the whole body, also where it is a stream. */
async function ask(api: TestServer, method: string, path: string, more: Partial<HttpRequest> = {}) {
  const [pathname = "", query = ""] = path.split("?");
  const response = await api.server.handle({
    method,
    path: pathname,
    query,
    headers: {},
    body: async () => EMPTY,
    remoteAddress: "192.0.2.1",
    signal: new AbortController().signal,
    ...more,
  });
  const bytes = await whole(response);
  return {
    status: response.status,
    headers: response.headers,
    cookies: response.cookies,
    bytes,
    text: decodeUtf8(bytes),
    response,
  };
}

function whole({ body }: HttpResponse): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return Promise.resolve(body);
  if (!("stream" in body)) return Promise.resolve(concatBytes(body));
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    body.stream({
      write: (bytes) => parts.push(bytes) > 0,
      drained: () => Promise.resolve(),
      end: () => resolve(concatBytes(parts)),
      abort: () => reject(new Error("aborted")),
      closed: false,
    });
  });
}

const messageOf = ({ text }: { text: string }): string => JSON.parse(text).message;

describe("the API server as a proxy", () => {
  test("asks a Pod at its address, at its first named port or the one that is asked for", async () => {
    const { api, seen } = await serverWith();
    await pod(api, "p", "10.244.0.7");
    await pod(api, "bare", "10.244.0.8", []);
    for (const id of ["p", "p:9000", "https:p:9443", "bare", "https:bare:"])
      expect((await ask(api, "GET", `${NAMESPACE}/pods/${id}/proxy/x`)).text).toBe("hello");
    expect(seen.map(({ origin }) => origin)).toEqual([
      { scheme: "http", host: "10.244.0.7", port: 8080 },
      { scheme: "http", host: "10.244.0.7", port: 9000 },
      { scheme: "https", host: "10.244.0.7", port: 9443 },
      { scheme: "http", host: "10.244.0.8", port: 80 },
      { scheme: "https", host: "10.244.0.8", port: 443 },
    ]);
  });

  test("passes on method, path, query, body and headers, but no credentials and nothing of the connection", async () => {
    const { api, seen } = await serverWith(() =>
      ok("", {
        connection: "x-own",
        "x-own": "1",
        "keep-alive": "5",
        "access-control-allow-origin": "*",
        "cache-control": "max-age=9",
      }),
    );
    await pod(api, "p", "10.244.0.7");
    const headers = {
      host: "api:6443",
      authorization: "Bearer secret",
      "impersonate-user": "tester",
      connection: "keep-alive, X-Hop",
      "x-hop": "1",
      "x-kept": "2",
      te: "trailers",
      "x-forwarded-for": "198.51.100.1",
    };
    const answer = await ask(api, "PUT", `${NAMESPACE}/pods/p/proxy/a//b%20c/?x=1&x=%2F`, {
      headers,
      body: async () => encodeUtf8("sent"),
    });
    const [{ request } = expect.fail()] = seen;
    expect([request.method, request.path, request.query]).toEqual(["PUT", "/a/b%20c/", "x=1&x=%2F"]);
    expect(decodeUtf8(await request.body(100))).toBe("sent");
    expect(request.headers).toEqual({
      host: "api:6443",
      "x-kept": "2",
      te: "trailers",
      "x-forwarded-for": "198.51.100.1, 192.0.2.1",
      "x-forwarded-uri": `${NAMESPACE}/pods/p/proxy/a/b%20c/`,
    });
    expect(request.localUser).toBeUndefined();
    expect(answer.headers).toMatchObject({ "cache-control": "no-cache, private, max-age=9" });
    for (const name of ["connection", "x-own", "keep-alive", "access-control-allow-origin"])
      expect(answer.headers[name]).toBeUndefined();
  });

  test("sends a client to the path with a slash, and other methods to the root", async () => {
    const { api, seen } = await serverWith();
    await pod(api, "p", "10.244.0.7");
    const answer = await ask(api, "GET", `${NAMESPACE}/pods/p/proxy?a=b`);
    expect([answer.status, answer.headers.location]).toEqual([301, `${NAMESPACE}/pods/p/proxy/?a=b`]);
    expect(seen).toEqual([]);
    await ask(api, "POST", `${NAMESPACE}/pods/p/proxy`);
    await ask(api, "OPTIONS", `${NAMESPACE}/pods/p/proxy/`);
    expect(seen.map(({ request }) => `${request.method} ${request.path}`)).toEqual(["POST /", "OPTIONS /"]);
    expect((await ask(api, "TRACE", `${NAMESPACE}/pods/p/proxy/`)).status).toBe(405);
  });

  test("points redirects and links through the proxy, also where a document is compressed", async () => {
    const page = '<a href="/next">http://x</a>';
    const answers: Record<string, HttpResponse> = {
      "/moved": { status: 302, headers: { location: "http://10.244.0.7:8080/there?x" }, body: EMPTY },
      "/away": { status: 302, headers: { location: "https://example.org/x" }, body: EMPTY },
      "/broken": { status: 302, headers: { location: "http://x/%zz" }, body: EMPTY },
      "/page": ok(page, { "content-type": "text/html; charset=utf-8", "content-length": String(page.length) }),
      "/packed": { status: 200, headers: { "content-type": "text/html", "content-encoding": "gzip" }, body: gzipSync(page) },
      "/text": ok(page),
    };
    const { api } = await serverWith((request) => answers[request.path] ?? ok("?"));
    await pod(api, "p", "10.244.0.7");
    const at = (path: string) => ask(api, "GET", `${NAMESPACE}/pods/p/proxy${path}`);
    expect((await at("/moved")).headers.location).toBe(`${NAMESPACE}/pods/p/proxy/there?x`);
    expect((await at("/away")).headers.location).toBe("https://example.org/x");
    expect(messageOf(await at("/broken"))).toMatch(/^Internal error occurred: error trying to parse Location header: /);
    const seen = `<a href="${NAMESPACE}/pods/p/proxy/next">http://x</a>`;
    const answer = await at("/page");
    expect(answer.text).toBe(seen);
    expect(answer.headers["content-length"]).toBeUndefined();
    expect(gunzipSync((await at("/packed")).bytes).toString()).toBe(seen);
    expect((await at("/text")).text).toBe(page);
  });

  test("breaks an answer off whose compressed document is broken", async () => {
    const headers = { "content-type": "text/html", "content-encoding": "gzip" };
    const { api } = await serverWith(() => ({ status: 200, headers, body: encodeUtf8("no gzip at all") }));
    await pod(api, "p", "10.244.0.7");
    await expect(ask(api, "GET", `${NAMESPACE}/pods/p/proxy/`)).rejects.toThrow("aborted");
  });

  test("finds a Service's ready endpoints by the name or the number of its port", async () => {
    const { api, seen } = await serverWith();
    await pod(api, "a", "10.244.0.1");
    await pod(api, "b", "10.244.0.2");
    await service(api, "web", [
      { name: "http", port: 80, targetPort: 8080 },
      { name: "admin", port: 81, targetPort: 8081 },
    ]);
    const ports = [
      { name: "http", port: 8080 },
      { name: "admin", port: 8081 },
    ];
    await slice(api, "web", [endpoint("a", "10.244.0.1"), endpoint("b", "10.244.0.2", { conditions: { ready: false } })], ports);
    for (const id of ["web:http", "web:81", "https:web:admin"]) await ask(api, "GET", `${NAMESPACE}/services/${id}/proxy/`);
    expect(seen.map(({ origin }) => origin)).toEqual([
      { scheme: "http", host: "10.244.0.1", port: 8080 },
      { scheme: "http", host: "10.244.0.1", port: 8081 },
      { scheme: "https", host: "10.244.0.1", port: 8081 },
    ]);
  });

  test("asks every ready endpoint of a Service once in a while", async () => {
    const { api, seen } = await serverWith();
    await service(api, "web");
    for (const name of ["1", "2", "3"]) await pod(api, `p${name}`, `10.244.0.${name}`);
    await slice(api, "web", [endpoint("p1", "10.244.0.1"), endpoint("p2", "10.244.0.2")]);
    await slice(api, "web", [endpoint("p3", "10.244.0.3")]);
    for (let count = 0; count < 60; count++) await ask(api, "GET", `${NAMESPACE}/services/web/proxy/`);
    const hosts = new Set(seen.map(({ origin }) => (origin as Origin).host));
    expect([...hosts].sort()).toEqual(["10.244.0.1", "10.244.0.2", "10.244.0.3"]);
  });

  test("says what is missing of a Service in upstream's words", async () => {
    const { api, seen } = await serverWith();
    await pod(api, "a", "10.244.0.1");
    await service(api, "web");
    const said = async (id: string) => {
      const answer = await ask(api, "GET", `${NAMESPACE}/services/${id}/proxy/`);
      return `${answer.status} ${messageOf(answer)}`;
    };
    expect(await said("none")).toBe('404 services "none" not found');
    expect(await said("none:80")).toBe('404 services "none" not found');
    expect(await said("web:81")).toBe('503 no service port 81 found for service "web"');
    expect(await said("ftp:web:80")).toBe('400 invalid service request "ftp:web:80"');
    await slice(api, "web", []);
    expect(await said("http:web:")).toBe('503 no endpoints available for service "web"');
    await slice(api, "web", [endpoint("a", "10.244.0.1", { conditions: { ready: false } })]);
    expect(await said("http:web:")).toBe('503 no endpoints available for service "http:web:"');
    // Addresses that are no Pod's of the namespace are not asked: who may write endpoints could name any.
    await slice(api, "web", [endpoint("a", "10.0.0.99"), endpoint("gone", "10.244.0.1"), { addresses: ["10.0.0.98"] }]);
    expect(await said("web")).toBe('503 no endpoints available for service "web"');
    expect(seen).toEqual([]);
  });

  test("refuses addresses of no host on the network, and what is no target", async () => {
    const { api, seen } = await serverWith();
    for (const [name, ip] of Object.entries({ loop: "127.0.0.1", link: "169.254.169.254", group: "224.0.0.1", six: "::1" }))
      await pod(api, name, ip);
    await api.request("POST", `${NAMESPACE}/pods`, {
      metadata: { name: "new" },
      spec: { containers: [{ name: "c", image: "i" }] },
    });
    for (const name of ["loop", "link", "group", "six", "new"]) {
      const answer = await ask(api, "GET", `${NAMESPACE}/pods/${name}/proxy/`);
      expect([answer.status, messageOf(answer)]).toEqual([400, "address not allowed"]);
    }
    expect(messageOf(await ask(api, "GET", `${NAMESPACE}/pods/a:b:c:d/proxy/`))).toBe('invalid pod request "a:b:c:d"');
    expect(messageOf(await ask(api, "GET", `${NAMESPACE}/pods/none:80/proxy/`))).toBe('pods "none" not found');
    await pod(api, "p", "10.244.0.7");
    expect(messageOf(await ask(api, "GET", `${NAMESPACE}/pods/p/proxy/?dryRun=All`))).toBe("dryRun is not supported");
    expect(messageOf(await ask(api, "GET", `${NAMESPACE}/pods/p:what/proxy/`))).toMatch(/unknown port$/);
    expect(seen).toEqual([]);
  });

  test("says why what is behind cannot be reached", async () => {
    const { api } = await serverWith(() => Promise.reject(new Error("dial tcp 10.244.0.7:8080: connect: connection refused")));
    await pod(api, "p", "10.244.0.7");
    const answer = await ask(api, "GET", `${NAMESPACE}/pods/p/proxy/`);
    expect([answer.status, messageOf(answer)]).toEqual([
      503,
      "error trying to reach service: dial tcp 10.244.0.7:8080: connect: connection refused",
    ]);
    const upgrade = { headers: { connection: "Upgrade", upgrade: "websocket" } };
    const refused = await ask(api, "GET", `${NAMESPACE}/pods/p/proxy/`, upgrade);
    expect([refused.status, messageOf(refused)]).toEqual([
      500,
      "error dialing backend: dial tcp 10.244.0.7:8080: connect: connection refused",
    ]);
    const nowhere = await testServer();
    await pod(nowhere, "p", "10.244.0.7");
    expect(messageOf(await ask(nowhere, "GET", `${NAMESPACE}/pods/p/proxy/`))).toBe(
      "error trying to reach service: dial tcp 10.244.0.7:8080: connect: no route to host",
    );
  });

  test("passes an upgrade on with its headers and query, and its refusal back", async () => {
    const { api, seen } = await serverWith((request) =>
      request.path === "/ok"
        ? { status: 101, headers: { upgrade: "x", connection: "Upgrade" }, body: EMPTY, upgrade: () => {} }
        : { status: request.path === "/no" ? 403 : 200, headers: {}, body: encodeUtf8("no") },
    );
    await pod(api, "p", "10.244.0.7");
    const headers = { connection: "Upgrade", upgrade: "x", "sec-x": "1", authorization: "Bearer secret" };
    const at = (path: string) => ask(api, "GET", `${NAMESPACE}/pods/p/proxy${path}`, { headers });
    const taken = await at("/ok?a=b");
    expect([taken.status, taken.headers.upgrade, typeof taken.response.upgrade]).toEqual([101, "x", "function"]);
    expect(seen[0]?.request).toMatchObject({ path: "/ok", query: "a=b" });
    expect(seen[0]?.request.headers).toEqual({
      connection: "Upgrade",
      upgrade: "x",
      "sec-x": "1",
      "x-forwarded-for": "192.0.2.1",
    });
    expect(await at("/no")).toMatchObject({ status: 403, text: "no" });
    const other = await at("/plain");
    expect([other.status, messageOf(other)]).toEqual([500, "invalid upgrade response: status code 200"]);
  });

  test("asks a node's kubelet, or another port of the node", async () => {
    const { api, seen } = await serverWith();
    await api.request("POST", "/api/v1/nodes", { metadata: { name: "node-1" } });
    const said = async (id: string) => messageOf(await ask(api, "GET", `/api/v1/nodes/${id}/proxy/metrics`));
    expect(await said("node-1")).toBe("address not allowed");
    const addresses = [{ type: "InternalIP", address: "10.0.0.1" }];
    const daemonEndpoints = { kubeletEndpoint: { Port: 10_250 } };
    await api.request("PATCH", "/api/v1/nodes/node-1/status", { status: { addresses, daemonEndpoints } }, MERGE);
    for (const id of ["node-1", "https:node-1:10250", "node-1:9100"])
      await ask(api, "GET", `/api/v1/nodes/${id}/proxy/metrics?x=y`);
    expect(seen.map(({ origin, request }) => [origin, request.path, request.query])).toEqual([
      ["node-1", "/metrics", "x=y"],
      ["node-1", "/metrics", "x=y"],
      [{ scheme: "http", host: "10.0.0.1", port: 9100 }, "/metrics", "x=y"],
    ]);
    expect(await said("none")).toBe('nodes "none" not found');
  });

  test("authorizes proxied requests by the verb of their method and the whole name", async () => {
    const asked: string[] = [];
    const api = await testServer({
      authorizers: [
        ({ verb, resource, subresource, name }) => {
          if (subresource !== "") asked.push(`${verb} ${resource}/${subresource} ${name}`);
          return { allowed: true, denied: false, reason: "" };
        },
      ],
    });
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
      await ask(api, method, `${NAMESPACE}/pods/https:p:1/proxy/x`);
    expect(asked.map((each) => each.split(" ", 1)[0])).toEqual(["get", "get", "create", "update", "patch", "delete", ""]);
    expect(new Set(asked.map((each) => each.slice(each.indexOf(" "))))).toEqual(new Set([" pods/proxy https:p:1"]));
  });

  test("streams bodies both ways without reading them", async () => {
    const { api } = await serverWith((request) => ({
      status: 200,
      headers: {},
      cookies: ["a=1; Path=/", "b=2"],
      body: { stream: (sink) => request.bodyTo?.(sink) },
    }));
    await pod(api, "p", "10.244.0.7");
    const bodyTo = (sink: Sink): void => {
      for (const part of ["one ", "two ", "three"]) sink.write(encodeUtf8(part));
      sink.end();
    };
    const body = () => Promise.reject(new Error("read as a whole"));
    const answer = await ask(api, "POST", `${NAMESPACE}/pods/p/proxy/`, { body, bodyTo });
    expect(answer.text).toBe("one two three");
    expect(answer.cookies).toEqual(["a=1; Path=/", "b=2"]);
  });
});
