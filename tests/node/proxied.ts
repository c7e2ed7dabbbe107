/** Requests through the API server of a real node, as any client sends them: over HTTP/1.1, bodies streamed both ways. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { readKubeconfig } from "../../src/pki/kubeconfig.ts";
import type { RealCluster } from "./real-cluster.ts";

export interface Caller {
  /** A request under way; its body is the caller's to send. */
  open(method: string, path: string, headers?: Record<string, string | number>): ClientRequest;
}

/** The administrator, from outside of the node's namespaces. */
export async function callerOf({ namespaces }: RealCluster): Promise<Caller> {
  const { server, certificate, key } = await readKubeconfig(join(namespaces.directory, "kubeconfig"));
  const { hostname: host, port } = new URL(server);
  return {
    open: (method, path, headers = {}) =>
      request({ host, port, method, path, headers, cert: certificate, key, rejectUnauthorized: false, agent: false }),
  };
}

export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

export const answerTo = (outgoing: ClientRequest): Promise<Answer> =>
  new Promise((resolve, reject) => {
    outgoing.once("error", reject);
    outgoing.once("response", (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (part: string) => {
        body += part;
      });
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      answer.once("error", reject);
    });
  });

/** The connection after `101 Switching Protocols`. */
export const upgradeOf = (outgoing: ClientRequest): Promise<{ headers: IncomingMessage["headers"]; socket: Duplex }> =>
  new Promise((resolve, reject) => {
    outgoing.once("error", reject);
    outgoing.once("upgrade", ({ headers }, socket) => resolve({ headers, socket }));
    outgoing.once("response", ({ statusCode }) => reject(new Error(`answered with ${statusCode}`)));
    outgoing.end();
  });

const PIECE = Buffer.alloc(1 << 20, "0123456789abcdef");

/** Sends `megabytes` as fast as they are taken; answers their SHA-256. `onPiece` is called now and then. */
export async function sendMegabytes(outgoing: ClientRequest, megabytes: number, onPiece: () => void): Promise<string> {
  const hash = createHash("sha256");
  for (let sent = 0; sent < megabytes; sent++) {
    hash.update(PIECE);
    onPiece();
    if (!outgoing.write(PIECE)) await new Promise<void>((resolve) => outgoing.once("drain", () => resolve()));
  }
  outgoing.end();
  return hash.digest("hex");
}

/** The head of an answer, nothing of its body read yet. */
export const headOf = (outgoing: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    outgoing.once("error", reject);
    outgoing.once("response", resolve);
    outgoing.end();
  });

/** Reads an answer to its end; answers how many bytes it has. `onPiece` is called now and then. */
export async function receive(answer: IncomingMessage, onPiece: () => void): Promise<number> {
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    if (bytes >> 20 !== (bytes + part.length) >> 20) onPiece();
    bytes += part.length;
  }
  return bytes;
}

export interface MemoryWatch {
  /** Looks now. */
  look(): void;
  /** The most that any process grew since the start, in MB. */
  growth(): number;
}

const anonymousMegabytes = (pid: number): number =>
  Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

/** Of the server and whatever else is given: their memory now is what they are measured against. */
export async function memoryOf({ dataDirectory }: RealCluster, others: readonly number[]): Promise<MemoryWatch> {
  const state = JSON.parse(await readFile(join(dataDirectory, "server.json"), "utf8")) as { pid: number };
  const pids = [state.pid, ...others];
  const idle = new Map(pids.map((pid) => [pid, anonymousMegabytes(pid)]));
  let most = 0;
  return {
    look() {
      for (const pid of pids) most = Math.max(most, anonymousMegabytes(pid) - (idle.get(pid) ?? 0));
    },
    growth: () => most,
  };
}
