import { decode, encode, RECURSION_DESIRED } from "dns-packet";
import { afterEach, describe, expect, test } from "vitest";
import { realClock } from "../../base/clock.ts";
import { systemEntropy } from "../../base/entropy.ts";
import { silentLogger } from "../../base/logger.ts";
import { createForwarder } from "./forwarder.ts";
import { nameserversOf } from "./resolv-conf.ts";
import type { Responder, Transport } from "./responder.ts";
import { type DnsSockets, openDnsSockets } from "./sockets.ts";

const open: DnsSockets[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((sockets) => sockets.close()));
});

async function resolver(responder: Responder): Promise<number> {
  const sockets = await openDnsSockets({
    address: "127.0.0.1",
    port: 0,
    responder,
    isClient: () => true,
    clock: realClock,
    logger: silentLogger,
  });
  open.push(sockets);
  return sockets.port;
}

const QUERY = encode({ type: "query", id: 9, flags: RECURSION_DESIRED, questions: [{ name: "example.com", type: "A" }] });

const forwarder = (port: number, ...addresses: string[]) =>
  createForwarder({ resolvers: async () => addresses, clock: realClock, entropy: systemEntropy, port });

describe("the forwarder", () => {
  test.each(["udp", "tcp"] as Transport[])(
    "asks the resolver over %s, and gives its answer the query's identifier",
    async (transport) => {
      const seen: [number, Transport][] = [];
      const port = await resolver(async (query, over) => {
        const { id = 0, questions = [] } = decode(query);
        seen.push([id, over]);
        return encode({ type: "response", id, questions, answers: [{ name: "example.com", type: "A", data: "192.0.2.1" }] });
      });
      const forward = forwarder(port, "127.0.0.1");
      const ids = new Set<number>();
      for (let n = 0; n < 4; n++) {
        const answer = decode((await forward(QUERY, transport)) ?? Buffer.alloc(12));
        expect([answer.id, answer.answers?.length]).toEqual([9, 1]);
        ids.add(seen.at(-1)?.[0] ?? 9);
      }
      expect(seen.every(([, over]) => over === transport)).toBe(true);
      // Chosen by chance: four times the same would be a chance of 2^-48.
      expect(ids.size).toBeGreaterThan(1);
    },
  );

  test("tries the next resolver where the machine cannot send to one", async () => {
    const port = await resolver(async (query) => encode({ type: "response", id: query.readUInt16BE(0) }));
    // A datagram to everybody is refused by the kernel.
    expect(await forwarder(port, "255.255.255.255", "127.0.0.1")(QUERY, "udp")).toBeDefined();
    expect(await forwarder(port, "255.255.255.255")(QUERY, "udp")).toBeUndefined();
  });

  test("tries the next resolver where one refuses", async () => {
    const port = await resolver(async (query) => encode({ type: "response", id: query.readUInt16BE(0) }));
    expect(await forwarder(port, "127.0.0.2", "127.0.0.1")(QUERY, "udp")).toBeDefined();
    expect(await forwarder(port, "127.0.0.2", "127.0.0.1")(QUERY, "tcp")).toBeDefined();
  });

  test("has no answer where there is no resolver", async () => {
    expect(await forwarder(53)(QUERY, "udp")).toBeUndefined();
  });
});

test("takes the resolvers that resolv.conf names, without the cluster's own", () => {
  const text =
    "# comment\nnameserver 10.96.0.10\nsearch lan\nnameserver 192.0.2.1 \n nameserver fd00::1\nnameserver nonsense\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n";
  expect(nameserversOf(text, new Set(["10.96.0.10"]))).toEqual(["192.0.2.1", "fd00::1", "192.0.2.2"]);
});
