/**
 * A program of the network tests, run inside a network namespace: a node with our network and proxy, a Pod, or a neighbour. It obeys
 * one JSON command a line and answers each with one line, and ends when its input does.
 */
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { decode, encode, RECURSION_DESIRED, type RecordType } from "dns-packet";
import { Namespace } from "../../src/api/core/namespace.ts";
import { Service } from "../../src/api/core/service.ts";
import { EndpointSlice } from "../../src/api/discovery/endpoint-slice.ts";
import type { KubernetesObject } from "../../src/api/meta.ts";
import type { AnyResource } from "../../src/api/row.ts";
import { realClock } from "../../src/base/clock.ts";
import { seededEntropy } from "../../src/base/entropy.ts";
import { logger } from "../../src/base/logger.ts";
import { createInformers } from "../../src/client/informers.ts";
import { fakeClient } from "../../src/client/testing/fake-client.ts";
import {
  type DnsEndpoint,
  ensureDnsEndpoint,
  ensureDnsService,
  removeDnsEndpoint,
} from "../../src/network/dns/cluster-objects.ts";
import { type DnsServer, startDnsServer } from "../../src/network/dns/dns-server.ts";
import { messageReader, prefixed } from "../../src/network/dns/framing.ts";
import { openDnsSockets } from "../../src/network/dns/sockets.ts";
import { type NodeNetwork, setUpNodeNetwork } from "../../src/network/node/node-network.ts";
import type { HostPort } from "../../src/network/proxy/host-ports.ts";
import { type ServiceProxy, startProxy } from "../../src/network/proxy/proxy.ts";

const clock = realClock;
const entropy = seededEntropy(1);
const client = fakeClient({ clock, entropy });
const log = logger((level, message, fields) => console.error(level, message, fields), "warn");
const KINDS: Readonly<Record<string, AnyResource>> = { Service, EndpointSlice, Namespace };

/** Longer than any answer takes here; a packet that is dropped takes as long as this. */
const PATIENCE_MS = 3000;

let network: NodeNetwork | undefined;
let proxy: ServiceProxy | undefined;
let dns: DnsServer | undefined;
const open = new Map<number, ReturnType<typeof connect>>();

/** Connects, and answers what the other side sends first: its name, and the address by which it knows us. */
function dial(
  host: string,
  port: number,
  localAddress?: string,
): Promise<{ answer: string; socket: ReturnType<typeof connect> }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
    const timer = clock.after(PATIENCE_MS, () => {
      socket.destroy();
      reject(new Error("timeout"));
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      timer.cancel();
      reject(new Error(error.code));
    });
    socket.once("data", (data) => {
      timer.cancel();
      resolve({ answer: data.toString().trim(), socket });
    });
  });
}

function ask(socket: DatagramSocket, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(PATIENCE_MS, () => reject(new Error("timeout")));
    socket.once("message", (data) => {
      timer.cancel();
      resolve(data.toString());
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      timer.cancel();
      reject(new Error(error.code));
    });
    socket.connect(port, host, () => socket.send("who"));
  });
}

function askByDatagram(host: string, query: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    const end = (settle: () => void): void => {
      timer.cancel();
      socket.close();
      settle();
    };
    const timer = clock.after(PATIENCE_MS * 2, () => end(() => reject(new Error("timeout"))));
    socket.once("message", (data) => end(() => resolve(data)));
    socket.once("error", (error: NodeJS.ErrnoException) => end(() => reject(new Error(error.code))));
    socket.connect(53, host, () => socket.send(query));
  });
}

function askByStream(host: string, query: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 53 });
    const read = messageReader((answer) => {
      socket.destroy();
      resolve(answer);
    });
    socket.on("data", read);
    socket.once("error", (error: NodeJS.ErrnoException) => reject(new Error(error.code)));
    socket.write(prefixed(query));
  });
}

interface Command {
  op: string;
  name?: string;
  host?: string;
  port?: number;
  localPort?: number;
  text?: string;
  tcp?: boolean;
  object?: KubernetesObject;
  options?: Record<string, unknown>;
  count?: number;
}

type Operation = (command: Command) => Promise<unknown>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  setUp: async ({ options }) => {
    network = await setUpNodeNetwork(options as unknown as Parameters<typeof setUpNodeNetwork>[0]);
    return network.base.bridgeFiltering;
  },
  tearDown: async () => network?.tearDown(),
  startProxy: async () => {
    const informers = createInformers({ client, clock, entropy, logger: log });
    if (network === undefined) throw new Error("set up first");
    proxy = await startProxy({ nodeName: "node", base: network.base, informers, clock, logger: log });
  },
  stopProxy: async () => proxy?.stop(),
  put: async ({ object }) => {
    if (object === undefined) return;
    const of = KINDS[object.kind] as AnyResource;
    const found = client.all<KubernetesObject>(of).find(({ metadata }) => metadata.name === object.metadata.name);
    if (found === undefined) client.seed(of, object);
    else await client.update(of as never, { ...found, ...object, metadata: { ...found.metadata, ...object.metadata } } as never);
    await proxy?.applied();
  },
  delete: async ({ object }) => {
    if (object === undefined) return;
    await client.delete(KINDS[object.kind] as AnyResource, { namespace: "default", name: object.metadata.name });
    await proxy?.applied();
  },
  startDns: async ({ options }) => {
    const informers = createInformers({ client, clock, entropy, logger: log });
    const { nodeName, serviceAddress, ...rest } = options as { nodeName: string; serviceAddress: string; listenAddress: string };
    dns = await startDnsServer({
      ...{ clusterDomain: "cluster.local", ranges: ["10.244.0.0/16", "10.96.0.0/16"] },
      ...rest,
      serviceAddress,
      informers,
      clock,
      entropy,
      logger: log,
    });
    await ensureDnsService(client, { address: serviceAddress });
    const endpoint: DnsEndpoint = { nodeName, address: rest.listenAddress, port: dns.port };
    await ensureDnsEndpoint(client, endpoint);
    await ensureDnsEndpoint(client, endpoint);
    await proxy?.applied();
    return dns.port;
  },
  stopDns: async ({ name }) => {
    await removeDnsEndpoint(client, name ?? "");
    await dns?.stop();
    await proxy?.applied();
  },
  /** Plays the resolver of the node's network: every name has the address 192.0.2.53. */
  serveNames: async () => {
    const responder = async (query: Buffer) => {
      const { id = 0, questions = [] } = decode(query);
      const [{ name = "" } = {}] = questions;
      return encode({ type: "response", id, questions, answers: [{ name, type: "A", ttl: 5, data: "192.0.2.53" }] });
    };
    await openDnsSockets({ address: "0.0.0.0", port: 53, responder, isClient: () => true, clock, logger: log });
  },
  /** Asks a DNS server; answers the response code and the data of the answers. */
  resolve: async ({ host = "", name = "", text = "A", tcp = false }) => {
    const query = encode({ type: "query", id: 4711, flags: RECURSION_DESIRED, questions: [{ name, type: text as RecordType }] });
    const bytes = await (tcp ? askByStream(host, query) : askByDatagram(host, query));
    const { id, answers = [], ...rest } = decode(bytes);
    if (id !== 4711) throw new Error("not the answer to this question");
    return [
      (rest as unknown as { rcode: string }).rcode,
      ...answers.map((record) => ("data" in record ? record.data : record.type)),
    ];
  },
  setHostPorts: async ({ name = "", host = "", options }) =>
    proxy?.setHostPorts({ uid: name, ip: host }, (options as unknown as { ports: HostPort[] }).ports),
  withdraw: async ({ name }) => proxy?.withdraw(name ?? ""),
  /** A server that says its name and its client's address, then repeats what it is sent. */
  serve: ({ name, port }) =>
    new Promise((resolve) => {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        socket.on("error", () => {});
        socket.write(`${name} ${socket.remoteAddress}\n`);
        socket.pipe(socket);
      });
      server.listen(port, "0.0.0.0", () => resolve(undefined));
    }),
  serveDatagrams: ({ name, port }) =>
    new Promise((resolve) => {
      const socket = createSocket("udp4");
      socket.on("message", (_data, from) => socket.send(`${name} ${from.address}`, from.port, from.address));
      socket.bind(port, "0.0.0.0", () => resolve(undefined));
    }),
  /** Connects `count` times; answers what each got, or the error code. */
  dial: async ({ host = "", port = 0, count = 1 }) => {
    const answers: string[] = [];
    for (let n = 0; n < count; n++) {
      try {
        const { answer, socket } = await dial(host, port);
        socket.destroy();
        answers.push(answer);
      } catch (error) {
        answers.push((error as Error).message);
      }
    }
    return answers;
  },
  /** Connects and stays; answers a number for `say`. */
  hold: async ({ host = "", port = 0 }) => {
    const { socket, answer } = await dial(host, port);
    open.set(open.size, socket);
    return { id: open.size - 1, answer };
  },
  /** Sends on a held connection, and answers what comes back. */
  say: ({ count = 0, text = "" }) =>
    new Promise((resolve, reject) => {
      const socket = open.get(count);
      const timer = clock.after(PATIENCE_MS, () => reject(new Error("timeout")));
      socket?.once("error", reject);
      socket?.once("data", (data) => {
        timer.cancel();
        resolve(data.toString());
      });
      socket?.write(text);
    }),
  /** Asks `count` times from one socket by UDP. */
  ask: async ({ host = "", port = 0, count = 1, localPort = 0 }) => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(localPort, resolve));
    const answers: string[] = [];
    for (let n = 0; n < count; n++) {
      answers.push(await ask(socket, host, port).catch((error: Error) => error.message));
      socket.removeAllListeners("message").removeAllListeners("error").disconnect();
    }
    socket.close();
    return answers;
  },
};

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command;
  try {
    const answer = await OPERATIONS[command.op]?.(command);
    console.log(JSON.stringify({ answer }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
process.exit(0);
