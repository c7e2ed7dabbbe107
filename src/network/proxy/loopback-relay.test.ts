import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { realClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/logger.ts";
import { createLoopbackRelay, type LoopbackRelay } from "./loopback-relay.ts";
import type { ProxyEndpoint } from "./model.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(onConnection: (socket: Socket) => void): Promise<ProxyEndpoint> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    closers.push(() => socket.destroy());
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  return { ip: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function relayFor(): LoopbackRelay {
  const relay = createLoopbackRelay({ clock: realClock, logger: silentLogger });
  closers.push(() => relay.stop());
  return relay;
}

async function open(port: number): Promise<Socket> {
  for (;;) {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    const connected = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    if (!connected) continue;
    socket.on("error", () => {});
    closers.push(() => socket.destroy());
    return socket;
  }
}

/** All that comes until the other side ends; its own side stays open. */
function everything(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (part) => {
      text += String(part);
    });
    socket.once("end", () => resolve(text));
    socket.once("error", reject);
  });
}

/** A server that says its name and hangs up. */
const named = (name: string): Promise<ProxyEndpoint> => serve((socket) => void socket.end(name));

describe("the relay on loopback", () => {
  test("takes the endpoints in turn, or keeps one under session affinity", async () => {
    const [port, relay] = [await freePort(), relayFor()];
    const endpoints = [await named("a"), await named("b")];
    relay.update([{ port, endpoints, affinitySeconds: undefined }]);
    const ask = async (): Promise<string> => everything(await open(port));
    expect([await ask(), await ask()].sort()).toEqual(["a", "b"]);
    relay.update([{ port, endpoints, affinitySeconds: 100 }]);
    const kept = await ask();
    expect([await ask(), await ask()]).toEqual([kept, kept]);
    relay.update([{ port, endpoints: [await named("c")], affinitySeconds: 100 }]);
    expect(await ask()).toBe("c");
  });

  test("lets each side end its own direction", async () => {
    const [port, relay] = [await freePort(), relayFor()];
    // Answers only when the request has ended.
    const endpoint = await serve(async (socket) => void socket.end(`got ${await everything(socket)}`));
    relay.update([{ port, endpoints: [endpoint], affinitySeconds: undefined }]);
    const socket = await open(port);
    socket.end("request");
    expect(await everything(socket)).toBe("got request");
  });

  test("reads no faster than the other side takes", async () => {
    const [port, relay] = [await freePort(), relayFor()];
    let arrived: Socket | undefined;
    const endpoint = await serve((socket) => {
      arrived = socket;
      socket.pause();
    });
    relay.update([{ port, endpoints: [endpoint], affinitySeconds: undefined }]);
    const socket = await open(port);
    const part = Buffer.alloc(1024 * 1024);
    // What buffers take is bounded: far from all of it is accepted while nobody reads.
    const total = 256;
    let accepted = 0;
    for (let n = 0; n < total; n++) socket.write(part, () => accepted++);
    while (accepted === 0) await realClock.pause();
    for (let n = 0; n < 2000; n++) await realClock.pause();
    expect(accepted).toBeLessThan(total / 2);
    let received = 0;
    arrived?.on("data", (data: Buffer) => {
      received += data.length;
    });
    arrived?.resume();
    while (received < total * part.length) await realClock.pause();
    expect(accepted).toBe(total);
  });

  test("breaks the connection where the other side breaks it", async () => {
    const [port, relay] = [await freePort(), relayFor()];
    const endpoint = await serve((socket) => void socket.resetAndDestroy());
    relay.update([{ port, endpoints: [endpoint], affinitySeconds: undefined }]);
    const socket = await open(port);
    await new Promise((resolve) => socket.once("close", resolve));
    expect(socket.destroyed).toBe(true);
  });

  test("closes the port that no Service has any more, and lets what is established end by itself", async () => {
    const [port, relay] = [await freePort(), relayFor()];
    const endpoint = await serve((socket) => void socket.pipe(socket));
    relay.update([{ port, endpoints: [endpoint], affinitySeconds: undefined }]);
    const socket = await open(port);
    socket.write("a");
    await once(socket, "data");
    relay.update([]);
    const late = connect({ host: "127.0.0.1", port });
    const [error] = (await once(late, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
    socket.write("b");
    expect(String((await once(socket, "data"))[0])).toBe("b");
  });
});
