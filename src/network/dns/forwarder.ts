/**
 * Asks the node's resolvers what is not the cluster's, over the transport of the query.
 *
 * Each question has a socket, so a source port, and an identifier of its own: a forged answer would have to guess both. Resolvers are
 * tried in the order of resolv.conf.
 */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { Clock } from "../../base/clock.ts";
import type { Entropy } from "../../base/entropy.ts";
import { messageReader, prefixed } from "./framing.ts";
import type { Forward, Transport } from "./responder.ts";

export interface ForwarderOptions {
  resolvers: () => Promise<readonly string[]>;
  clock: Clock;
  entropy: Entropy;
  /** Of the resolvers. */
  port?: number;
}

/** Clients give up after 5 seconds and ask again: by then two resolvers have been tried. */
const TRY_TIMEOUT_MS = 2_000;
/** Questions under way at once. More are answered with SERVFAIL at once, rather than later. */
const MAX_UNDER_WAY = 512;
const DNS_PORT = 53;
const SHORTEST_MESSAGE = 12;

interface Target {
  address: string;
  port: number;
}

/** Ends what it opened, whatever happens: `open` gets a function for the outcome, and answers how to close. */
function outcome(clock: Clock, open: (settle: (answer: Buffer | undefined) => void) => () => void): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const settle = (answer: Buffer | undefined): void => {
      timer.cancel();
      close();
      resolve(answer);
    };
    const timer = clock.after(TRY_TIMEOUT_MS, () => settle(undefined));
    const close = open(settle);
  });
}

const askByDatagram = (clock: Clock, { address, port }: Target, query: Buffer): Promise<Buffer | undefined> =>
  outcome(clock, (settle) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    let open = true;
    socket.on("error", () => open && settle(undefined));
    socket.on("message", (answer) => {
      // Somebody else's guess is no answer: wait on.
      if (answer.length >= SHORTEST_MESSAGE && answer.readUInt16BE(0) === query.readUInt16BE(0)) settle(answer);
    });
    // Connected: the kernel takes datagrams of that sender alone, and reports its refusal.
    // What cannot be reached is told here, at once.
    socket.connect(port, address, ((error?: Error) => {
      if (!open) return;
      if (error) settle(undefined);
      else socket.send(query);
    }) as () => void);
    return () => {
      if (open) socket.close();
      open = false;
    };
  });

const askByStream = (clock: Clock, { address, port }: Target, query: Buffer): Promise<Buffer | undefined> =>
  outcome(clock, (settle) => {
    const socket = connect({ host: address, port });
    const read = messageReader((answer) => settle(answer.length >= SHORTEST_MESSAGE ? answer : undefined));
    socket.on("error", () => settle(undefined));
    socket.on("close", () => settle(undefined));
    socket.on("data", read);
    socket.write(prefixed(query));
    return () => socket.removeAllListeners("close").destroy();
  });

export function createForwarder({ resolvers, clock, entropy, port = DNS_PORT }: ForwarderOptions): Forward {
  let underWay = 0;

  async function ask(query: Buffer, transport: Transport): Promise<Buffer | undefined> {
    const asker = transport === "udp" ? askByDatagram : askByStream;
    for (const address of await resolvers()) {
      const answer = await asker(clock, { address, port }, query);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  return async (query, transport) => {
    if (underWay >= MAX_UNDER_WAY) return undefined;
    underWay++;
    try {
      const own = Buffer.from(query);
      own.set(entropy.bytes(2), 0);
      const answer = await ask(own, transport);
      if (answer === undefined) return undefined;
      const restored = Buffer.from(answer);
      restored.set(query.subarray(0, 2), 0);
      return restored;
    } finally {
      underWay--;
    }
  };
}
