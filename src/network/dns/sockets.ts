/**
 * The sockets of a DNS server: UDP and TCP on one port.
 *
 * Bounded everywhere: connections, the time that one may be idle, queries of a connection under way, and datagrams by the responder.
 */
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { messageReader, prefixed } from "./framing.ts";
import type { Responder } from "./responder.ts";

export interface DnsSocketsOptions {
  address: string;
  /** Any free one where it is taken. */
  port: number;
  responder: Responder;
  /** Whether to answer somebody at that address at all. Others get silence: no datagram of ours goes to a forged sender. */
  isClient: (address: string) => boolean;
  clock: Clock;
  logger: Logger;
}

export interface DnsSockets {
  readonly port: number;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 256;
const IDLE_TIMEOUT_MS = 10_000;
/** Queries of one connection under way; its socket is not read while there are as many. */
const MAX_PIPELINED = 16;
/** A free TCP port may be taken for UDP: so often another one is tried. */
const PORT_ATTEMPTS = 20;

function listenStream(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address, port }, () => {
      server.off("error", reject);
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

function bindDatagram(address: string, port: number): Promise<DatagramSocket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

function serveConnection(socket: Socket, { responder, clock }: DnsSocketsOptions): void {
  let underWay = 0;
  let idle: Timer = clock.after(IDLE_TIMEOUT_MS, () => socket.destroy());
  const rest = (): void => {
    idle.cancel();
    idle = clock.after(IDLE_TIMEOUT_MS, () => socket.destroy());
  };
  const answer = async (query: Buffer): Promise<void> => {
    if (++underWay >= MAX_PIPELINED) socket.pause();
    const response = await responder(query, "tcp").catch(() => undefined);
    underWay--;
    if (response === undefined) return void socket.destroy();
    // A client that takes no answers gets no further queries read.
    if (!socket.destroyed && !socket.write(prefixed(response))) socket.pause();
    else socket.resume();
  };
  const read = messageReader((query) => void answer(query));
  socket.on("drain", () => socket.resume());
  socket.on("data", (part: Buffer) => {
    rest();
    read(part);
  });
  socket.on("error", () => socket.destroy());
  socket.once("close", () => idle.cancel());
}

function serveDatagrams(socket: DatagramSocket, { responder, isClient, logger }: DnsSocketsOptions): void {
  socket.on("message", async (query, from) => {
    if (!isClient(from.address)) return;
    const response = await responder(query, "udp").catch((error: unknown) => {
      logger.error("a DNS query could not be answered", { error: String(error) });
      return undefined;
    });
    // The sender may be gone, and the server meanwhile closed.
    if (response !== undefined && open) socket.send(response, from.port, from.address, () => {});
  });
  let open = true;
  socket.once("close", () => {
    open = false;
  });
  socket.on("error", (error) => logger.warn("the DNS socket reports an error", { error: error.message }));
}

/** Both sockets on one port. */
async function bindBoth(
  server: Server,
  { address, port }: DnsSocketsOptions,
): Promise<{ datagrams: DatagramSocket; port: number }> {
  for (let attempt = 1; ; attempt++) {
    try {
      const bound = await listenStream(server, address, attempt === 1 ? port : 0);
      try {
        return { datagrams: await bindDatagram(address, bound), port: bound };
      } catch (error) {
        await new Promise((resolve) => server.close(resolve));
        throw error;
      }
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (!taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

export async function openDnsSockets(options: DnsSocketsOptions): Promise<DnsSockets> {
  const connections = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    if (!options.isClient(socket.remoteAddress ?? "")) return void socket.destroy();
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
    serveConnection(socket, options);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const { datagrams, port } = await bindBoth(server, options);
  serveDatagrams(datagrams, options);
  return {
    port,
    async close() {
      for (const socket of connections) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => datagrams.close(() => resolve())),
        new Promise<void>((resolve) => server.close(() => resolve())),
      ]);
    },
  };
}
