import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Probe } from "../../api/generated/shared.ts";
import { realClock } from "../../base/clock.ts";
import { seededEntropy } from "../../base/entropy.ts";
import type { PodContainer, ReadonlyPod } from "../pod/containers.ts";
import { simulatedRuntime } from "../runtime/simulated/simulated-runtime.ts";
import { networkProber } from "./network-prober.ts";

const prober = networkProber(simulatedRuntime({ clock: realClock, entropy: seededEntropy(1) }), realClock);
const probe = (action: Probe, ports: { name: string; containerPort: number }[] = []) =>
  prober.probe({
    kind: "readiness",
    probe: action,
    pod: {} as ReadonlyPod,
    container: { name: "main", ports } as unknown as PodContainer,
    containerId: "",
    podIp: "127.0.0.1",
    timeoutMs: 2_000,
  });

describe("a probe over the network", () => {
  let server: Server;
  let port = 0;
  beforeAll(async () => {
    server = createServer(({ url }, response) => {
      if (url === "/cut") return void response.destroy();
      response.statusCode = url === "/bad" ? 503 : url === "/moved" ? 302 : 200;
      response.end("body");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test("succeeds where a server answers well, by number or by the port's name", async () => {
    expect(await probe({ httpGet: { path: "/", port } })).toEqual({ result: "success", output: "" });
    expect(await probe({ httpGet: { path: "/moved", port: "web" } }, [{ name: "web", containerPort: port }])).toMatchObject({
      result: "success",
    });
    expect(await probe({ tcpSocket: { port } })).toMatchObject({ result: "success" });
  });

  test("fails in upstream's words where it does not", async () => {
    expect(await probe({ httpGet: { path: "/bad", port } })).toEqual({
      result: "failure",
      output: "HTTP probe failed with statuscode: 503",
    });
    expect((await probe({ httpGet: { path: "/cut", port } })).output).toContain(`Get "http://127.0.0.1:${port}/cut": `);
    const refused = await probe({ tcpSocket: { port: 1 } });
    expect(refused).toEqual({ result: "failure", output: "dial tcp 127.0.0.1:1: connect: connection refused" });
    expect((await probe({ httpGet: { port: 1 } })).output).toBe(
      'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
    );
    expect(await probe({ httpGet: { port: "none" } })).toMatchObject({ result: "error" });
  });

  test("asks a gRPC server for its health", async () => {
    const serving = createHttp2Server();
    serving.on("stream", (stream: ServerHttp2Stream, headers) => {
      const service = String(headers[":path"]);
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": service.includes("health") ? "0" : "12" }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, 1]));
    });
    await new Promise<void>((resolve) => serving.listen(0, "127.0.0.1", resolve));
    const { port: grpcPort } = serving.address() as AddressInfo;
    expect(await probe({ grpc: { port: grpcPort, service: "" } })).toEqual({ result: "success", output: "service healthy" });
    expect(await probe({ grpc: { port: 1, service: "" } })).toMatchObject({ result: "failure" });
    await new Promise((resolve) => serving.close(resolve));
  });
});
