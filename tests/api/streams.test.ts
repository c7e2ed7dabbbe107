/** exec, attach and port-forward as the API server sees them: what it refuses, and what it asks the node's kubelet for. */
import { describe, expect, test } from "vitest";
import { type TestServer, testServer } from "../../src/apiserver/testing/in-process.ts";
import { decodeUtf8, EMPTY, encodeUtf8 } from "../../src/base/bytes.ts";
import type { HttpRequest, HttpResponse } from "../../src/base/http.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const UPGRADE = {
  connection: "Upgrade",
  upgrade: "SPDY/3.1",
  "x-stream-protocol-version": "v4.channel.k8s.io",
  authorization: "x",
};

/** A server with a Pod of two containers, whose kubelets answer with `answer`; what they were asked is in `asked`. */
async function serverWith(answer: HttpResponse = { status: 101, headers: {}, body: EMPTY, upgrade: () => {} }) {
  const asked: HttpRequest[] = [];
  const api = await testServer({
    // Ada may look at everything and make nothing.
    authorizers: [({ user, verb }) => ({ allowed: user.name !== "ada" || verb === "get", denied: false, reason: "" })],
    dialNode: (name) => async (request) => {
      if (name === "gone") throw new Error("dial tcp 192.0.2.9:10250: connect: no route to host");
      asked.push(request);
      return answer;
    },
  });
  const pod = (name: string, nodeName: string | undefined, containers: string[]) =>
    api.request("POST", `${NAMESPACE}/pods`, {
      metadata: { name },
      spec: {
        ...(nodeName === undefined ? {} : { nodeName }),
        containers: containers.map((each) => ({ name: each, image: "i" })),
        initContainers: [{ name: "first", image: "i" }],
      },
    });
  await pod("one", "node-1", ["main"]);
  await pod("two", "node-1", ["a", "b"]);
  await pod("homeless", undefined, ["main"]);
  await pod("lost", "gone", ["main"]);
  return { api, asked };
}

async function ask(
  { server }: TestServer,
  target: string,
  more: Partial<HttpRequest> = {},
): Promise<{ status: number; text: string }> {
  const [path = "", query = ""] = target.split("?");
  const { status, body } = await server.handle({
    method: "POST",
    path: `${NAMESPACE}/pods/${path}`,
    query,
    headers: UPGRADE,
    body: async () => EMPTY,
    remoteAddress: "192.0.2.1",
    signal: new AbortController().signal,
    ...more,
  });
  const text = body instanceof Uint8Array ? decodeUtf8(body) : "";
  return { status, text: text.startsWith("{") ? (JSON.parse(text) as { message: string }).message : text };
}

describe("streams of Pods", () => {
  test("go to the kubelet with its own names for the options, and without the client's credentials", async () => {
    const { api, asked } = await serverWith();
    await ask(api, "one/exec?command=sh&command=-c&command=a%20b&stdin=true&stdout=1&stderr=false&tty=true");
    await ask(api, "two/attach?container=b&stdout=true&stderr=true&command=ignored");
    await ask(api, "one/attach?container=first&stdin");
    await ask(api, "one/portforward");
    await ask(api, "one/portforward?ports=80&ports=443");
    expect(asked.map(({ method, path, query }) => `${method} ${path}?${query}`)).toEqual([
      "POST /exec/default/one/main?input=1&output=1&tty=1&command=sh&command=-c&command=a+b",
      "POST /attach/default/two/b?output=1&error=1",
      "POST /attach/default/one/first?input=1",
      "POST /portForward/default/one?",
      "POST /portForward/default/one?port=80%2C443",
    ]);
    const { authorization: _, ...passed } = UPGRADE;
    for (const { headers } of asked) expect(headers).toEqual(passed);
  });

  test("are refused where it is not clear whose they are, in upstream's words", async () => {
    const { api, asked } = await serverWith();
    expect(await ask(api, "two/exec?command=x&stdout=true")).toEqual({
      status: 400,
      text: "a container name must be specified for pod two, choose one of: [first a b]",
    });
    expect(await ask(api, "two/exec?command=x&container=c")).toEqual({
      status: 400,
      text: "container c is not valid for pod two",
    });
    expect(await ask(api, "homeless/exec?command=x")).toEqual({
      status: 400,
      text: "pod homeless does not have a host assigned",
    });
    expect(await ask(api, "none/exec?command=x")).toEqual({ status: 404, text: 'pods "none" not found' });
    expect(await ask(api, "one/exec?command=x", { headers: {} })).toEqual({ status: 400, text: "Upgrade request required" });
    expect(await ask(api, "lost/exec?command=x")).toEqual({
      status: 500,
      text: "Internal error occurred: error dialing backend: dial tcp 192.0.2.9:10250: connect: no route to host",
    });
    expect(asked).toEqual([]);
  });

  test("hand on what the kubelet says against it", async () => {
    const { api } = await serverWith({ status: 500, headers: {}, body: encodeUtf8('container not found ("main")') });
    expect(await ask(api, "one/exec?command=x")).toEqual({ status: 500, text: 'container not found ("main")' });
  });

  test("take the right to create them, also where they are asked for with GET", async () => {
    const { api, asked } = await serverWith();
    const localUser = { name: "ada", groups: [] };
    const { status, text } = await ask(api, "one/exec?command=x", { method: "GET", localUser });
    expect([status, text]).toEqual([
      403,
      'pods "one" is forbidden: User "ada" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    ]);
    expect(asked).toEqual([]);
  });
});
