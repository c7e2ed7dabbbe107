/**
 * A cheap HTTP/1.1 client over one TLS connection: it shares the machine with what it measures, so it parses heads only, never JSON.
 */
import { connect, type TLSSocket } from "node:tls";
import type { Target } from "./target.ts";

export interface Answer {
  status: number;
  body: Buffer;
}

interface Pending {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

const HEAD_END = Buffer.from("\r\n\r\n");

export class Connection {
  readonly #socket: TLSSocket;
  readonly #head: string;
  #chunks: Buffer[] = [];
  #size = 0;
  #pending: Pending | undefined;
  /** Gets the decoded bytes of an endless answer. */
  #onStream: ((bytes: Buffer) => void) | undefined;

  private constructor(socket: TLSSocket, target: Target) {
    this.#socket = socket;
    this.#head = `Host: ${target.host}:${target.port}\r\n${target.token ? `Authorization: Bearer ${target.token}\r\n` : ""}`;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    const broken = (error?: Error): void => this.#pending?.reject(error ?? new Error("connection closed"));
    socket.on("error", broken);
    socket.on("close", () => broken());
  }

  static open(target: Target): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(
        {
          host: target.host,
          port: target.port,
          ca: target.ca,
          cert: target.cert,
          key: target.key,
          ALPNProtocols: ["http/1.1"],
          checkServerIdentity: () => undefined,
        },
        () => resolve(new Connection(socket, target)),
      );
      socket.setNoDelay(true);
      socket.once("error", reject);
    });
  }

  /** One request at a time. */
  request(method: string, path: string, body?: Buffer | string, headers = ""): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      const length = body === undefined ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
      const type = body === undefined || headers.includes("Content-Type") ? "" : "Content-Type: application/json\r\n";
      this.#socket.cork();
      this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#head}${length}${type}${headers}\r\n`);
      if (body !== undefined) this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  /** Starts an answer without end; `onBytes` gets raw bytes, chunk heads included: count marks in them. */
  stream(path: string, onBytes: (bytes: Buffer) => void): void {
    this.#onStream = onBytes;
    this.#socket.write(`GET ${path} HTTP/1.1\r\n${this.#head}\r\n`);
  }

  close(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#onStream) return this.#onStream(chunk);
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const first = this.#chunks[0] as Buffer;
    const whole = first.indexOf(HEAD_END) < 0 || this.#chunks.length > 64 ? this.#join() : first;
    const headEnd = whole.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = whole.toString("latin1", 0, headEnd).toLowerCase();
    const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
    const status = Number(head.slice(9, 12));
    const start = headEnd + HEAD_END.length;
    if (length !== undefined) {
      if (this.#size < start + Number(length)) return;
      return this.#answer({ status, body: this.#join().subarray(start) });
    }
    if (!head.includes("transfer-encoding: chunked")) return this.#answer({ status, body: Buffer.alloc(0) });
    const tail = this.#chunks.at(-1) as Buffer;
    const end = tail.length >= 5 ? tail : this.#join();
    if (end.subarray(-5).toString("latin1") === "0\r\n\r\n") this.#answer({ status, body: this.#join().subarray(start) });
  }

  #join(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] as Buffer;
  }

  #answer(answer: Answer): void {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#chunks = [];
    this.#size = 0;
    pending?.resolve(answer);
  }
}
