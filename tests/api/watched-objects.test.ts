import { expect, test } from "vitest";
import { Pod } from "../../src/api/core/pod/pod.ts";
import { testServer } from "../../src/apiserver/testing/in-process.ts";
import type { HttpHandler, Sink } from "../../src/base/http.ts";
import type { WatchEvent } from "../../src/client/client.ts";
import { createClient } from "../../src/client/http-client.ts";

/** As over a socket: nothing but bytes passes. */
const bytesOnly =
  (handle: HttpHandler): HttpHandler =>
  async (request) => {
    const response = await handle(request);
    const { body } = response;
    if (!("stream" in body)) return response;
    const plain = ({ write, drained, end, abort }: Sink): Sink => ({ write, drained, end, abort, closed: false });
    return { ...response, body: { stream: (sink) => body.stream(plain(sink)) } };
  };

test("a watch in the same process tells the very objects that one over a socket tells, frozen", async () => {
  const { server, clock, request } = await testServer();
  const stop = new AbortController();
  const follow = async (transport: HttpHandler, labelSelector?: string): Promise<WatchEvent<Pod>[]> => {
    const events: WatchEvent<Pod>[] = [];
    const selection = labelSelector === undefined ? {} : { labelSelector };
    void createClient({ transport, clock }).watch(
      Pod,
      { namespace: "default", resourceVersion: "0", sendInitialEvents: false, signal: stop.signal, ...selection },
      (event) => void events.push(event),
    );
    await clock.pause();
    return events;
  };
  const inProcess = await follow(server.handle);
  const selected = await follow(server.handle, "app=web");
  const overSocket = await follow(bytesOnly(server.handle));
  const selectedOverSocket = await follow(bytesOnly(server.handle), "app=web");

  const pods = "/api/v1/namespaces/default/pods";
  const merge = { "content-type": "application/merge-patch+json" };
  const spec = { containers: [{ name: "c", image: "i", env: [{ name: "A", value: "" }] }] };
  await request("POST", pods, { metadata: { name: "p", labels: { app: "web" } }, spec });
  await request("PATCH", `${pods}/p/status`, { status: { phase: "Running", podIP: "10.0.0.1" } }, merge);
  await request("PATCH", `${pods}/p`, { metadata: { labels: { app: null }, annotations: { n: "" } } }, merge);
  await request("DELETE", `${pods}/p`);
  stop.abort();

  expect(inProcess.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "MODIFIED", "MODIFIED", "DELETED"]);
  expect(inProcess).toStrictEqual(overSocket);
  expect(selected.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
  expect(selected).toStrictEqual(selectedOverSocket);
  for (const event of inProcess) if (event.type !== "BOOKMARK") expect(Object.isFrozen(event.object.spec.containers)).toBe(true);
});
