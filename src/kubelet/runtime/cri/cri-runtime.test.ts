import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { realClock } from "../../../base/clock.ts";
import type { ContainerEvent, Runtime } from "../runtime.ts";
import { criRuntime } from "./cri-runtime.ts";
import { type Decoded, decode, type Encodable, encode, type Fields, type Message } from "./protobuf.ts";
import { type Call, runtimeService as rpc } from "./services.ts";

/** A runtime that answers what each test says; everything else is Unimplemented. */
interface FakeRuntime {
  answer<Q extends Message<Fields>, A extends Message<Fields>>(
    call: Call<Q, A>,
    reply: (request: Decoded<Q>) => Encodable<A> | Partial<grpc.ServiceError> | "never",
  ): void;
}

let directory: string;
let server: grpc.Server;
let fake: FakeRuntime;
let runtime: Runtime;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "timonier-cri-"));
  server = new grpc.Server();
  fake = {
    answer(call, reply) {
      server.register(
        call.path,
        (invocation: grpc.ServerUnaryCall<Buffer, Buffer>, callback: grpc.sendUnaryData<Buffer>) => {
          const result = reply(decode(call.request, invocation.request) as never);
          if (result === "never") return;
          if ("code" in result) callback(result as grpc.ServiceError);
          else callback(null, Buffer.from(encode(call.response, result as never)));
        },
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        "unary",
      );
    },
  };
  fake.answer(rpc.version, () => ({ runtimeName: "fake", runtimeVersion: "1.2.3", runtimeApiVersion: "v1" }));
  const endpoint = `unix://${join(directory, "cri.sock")}`;
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(endpoint, grpc.ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve())),
  );
  runtime = await criRuntime({ endpoint, clock: realClock });
});

afterEach(async () => {
  await runtime.close();
  server.forceShutdown();
  await rm(directory, { recursive: true });
});

const NOT_FOUND = { code: grpc.status.NOT_FOUND, details: "no such thing" };

describe("the runtime behind a CRI socket", () => {
  test("rejects with Unavailable where nobody listens", async () => {
    await expect(criRuntime({ endpoint: join(directory, "none.sock"), clock: realClock })).rejects.toMatchObject({
      code: "Unavailable",
    });
  });

  test("says who it is", async () => {
    expect(await runtime.version()).toEqual({ runtimeName: "fake", runtimeVersion: "1.2.3", runtimeApiVersion: "v1" });
  });

  test("passes the runtime's code and words on", async () => {
    fake.answer(rpc.startContainer, () => ({ code: grpc.status.ALREADY_EXISTS, details: "it runs" }));
    await expect(runtime.startContainer("c")).rejects.toMatchObject({
      name: "RuntimeError",
      code: "AlreadyExists",
      message: "it runs",
    });
  });

  test("takes what is gone for stopped and removed, and only that", async () => {
    for (const call of [rpc.stopContainer, rpc.removeContainer, rpc.stopPodSandbox, rpc.removePodSandbox] as const)
      fake.answer(call as typeof rpc.removeContainer, () => NOT_FOUND);
    await runtime.stopContainer("c", 0);
    await runtime.removeContainer("c");
    await runtime.stopPodSandbox("s");
    await runtime.removePodSandbox("s");
    fake.answer(rpc.containerStatus, () => NOT_FOUND);
    await expect(runtime.containerStatus("c")).rejects.toMatchObject({ code: "NotFound", message: "no such thing" });
  });

  test("names the call that did not answer in time", async () => {
    fake.answer(rpc.status, () => "never");
    await expect(runtime.status({ timeoutMs: 20 })).rejects.toMatchObject({
      code: "DeadlineExceeded",
      message: "Status did not answer within 20 ms",
    });
  });

  test("gives up a call that its caller cancels", async () => {
    fake.answer(rpc.execSync, () => "never");
    const stop = new AbortController();
    const call = runtime.execSync("c", ["sleep", "60"], { signal: stop.signal });
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: "Canceled" });
    await expect(runtime.execSync("c", ["true"], { signal: stop.signal })).rejects.toMatchObject({ code: "Canceled" });
  });

  test("never shortens a grace period to none, and leaves whole seconds of a command's time to the runtime", async () => {
    const seen: number[] = [];
    fake.answer(rpc.stopContainer, ({ timeout }) => {
      seen.push(timeout);
      return {};
    });
    for (const graceMs of [0, 1, 1000, 1001]) await runtime.stopContainer("c", graceMs);
    expect(seen.splice(0)).toEqual([0, 1, 1, 2]);
    fake.answer(rpc.execSync, ({ timeout }) => {
      seen.push(timeout);
      return { exitCode: 5 };
    });
    for (const timeoutMs of [3000, 1500])
      expect(await runtime.execSync("c", ["x"], { timeoutMs })).toMatchObject({ exitCode: 5 });
    expect(seen).toEqual([3, 0]);
  });

  test("gives times in milliseconds, and the sandbox that a status does not name", async () => {
    fake.answer(rpc.containerStatus, ({ containerId }) => ({
      status: { id: containerId, state: 2, createdAt: 1_795_511_780_060.394 * 1e6, exitCode: 137, reason: "OOMKilled" },
    }));
    fake.answer(rpc.listContainers, () => ({ containers: [{ id: "c", podSandboxId: "s" }] }));
    fake.answer(rpc.listPodSandbox, () => ({ items: [{ id: "s", metadata: { uid: "u" } }] }));
    const status = await runtime.containerStatus("c");
    expect(status).toMatchObject({ podSandboxId: "s", state: "Exited", exitCode: 137, reason: "OOMKilled", finishedAtMs: 0 });
    expect(status.createdAtMs).toBeCloseTo(1_795_511_780_060.394, 2);
  });

  test("has no events where the runtime has none, and tells those of one that has", async () => {
    const stop = new AbortController();
    await expect(runtime.containerEvents?.(() => {}, stop.signal)).rejects.toMatchObject({ code: "Unimplemented" });
    const { path, response } = rpc.getContainerEvents;
    const event = { containerId: "c", containerEventType: 2, createdAt: 5_000_000, podSandboxStatus: { metadata: { uid: "u" } } };
    server.register(
      path,
      (stream: grpc.ServerWritableStream<Buffer, Buffer>) => stream.write(Buffer.from(encode(response, event))),
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      "serverStream",
    );
    const seen: ContainerEvent[] = [];
    await runtime.containerEvents?.((each) => {
      seen.push(each);
      stop.abort();
    }, stop.signal);
    expect(seen).toEqual([{ containerId: "c", type: "Stopped", createdAtMs: 5, podUid: "u" }]);
  });
});
