/**
 * A cheap HTTP/1.1 client over one TLS connection: it shares the machine with what it measures, so it parses heads only, never JSON.
 */
import { connect, type TLSSocket } from "node:tls";
import type { Target } from "./target.ts";

export interface Answer {
  status: number;
  /** Length of the body, chunk heads included. */
  bytes: number;
  /** Put together when it is asked for: most answers are only counted. */
  readonly body: Buffer;
}

/** What is known of the answer that is coming in. */
interface Head {
  status: number;
  /** Where the body begins. */
  start: number;
  /** Where the answer ends; unknown where it is chunked. */
  end: number | undefined;
}

interface Pending {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

const HEAD_END = Buffer.from("\r\n\r\n");

export class Connection {
  readonly #socket: TLSSocket;
  readonly #fixedHeaders: string;
  #chunks: Buffer[] = [];
  #size = 0;
  #head: Head | undefined;
  #pending: Pending | undefined;
  /** Gets the decoded bytes of an endless answer. */
  #onStream: ((bytes: Buffer) => void) | undefined;

  private constructor(socket: TLSSocket, target: Target) {
    this.#socket = socket;
    this.#fixedHeaders = `Host: ${target.host}:${target.port}\r\n${target.token ? `Authorization: Bearer ${target.token}\r\n` : ""}`;
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
      this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#fixedHeaders}${length}${type}${headers}\r\n`);
      if (body !== undefined) this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  /** Starts an answer without end; `onBytes` gets raw bytes, chunk heads included: count marks in them. */
  stream(path: string, onBytes: (bytes: Buffer) => void, headers = ""): void {
    this.#onStream = onBytes;
    this.#socket.write(`GET ${path} HTTP/1.1\r\n${this.#fixedHeaders}${headers}\r\n`);
  }

  close(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#onStream) return this.#onStream(chunk);
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#head === undefined) this.#readHead();
    const head = this.#head;
    if (head === undefined) return;
    if (head.end === undefined) {
      // The last chunk of a chunked answer is empty.
      const tail = chunk.length >= 5 ? chunk : this.#join();
      if (tail.subarray(-5).toString("latin1") !== "0\r\n\r\n") return;
    } else if (this.#size < head.end) return;
    this.#answer(head);
  }

  /** Reads the head once it is there; after it, bytes are only counted. */
  #readHead(): void {
    const whole = this.#join();
    const headEnd = whole.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const text = whole.toString("latin1", 0, headEnd).toLowerCase();
    const start = headEnd + HEAD_END.length;
    const length = /\r\ncontent-length: (\d+)/.exec(text)?.[1];
    const chunked = text.includes("transfer-encoding: chunked");
    this.#head = { status: Number(text.slice(9, 12)), start, end: chunked ? undefined : start + Number(length ?? 0) };
  }

  #join(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] as Buffer;
  }

  #answer({ status, start }: Head): void {
    const pending = this.#pending;
    const chunks = this.#chunks;
    const bytes = this.#size - start;
    this.#pending = undefined;
    this.#head = undefined;
    this.#chunks = [];
    this.#size = 0;
    pending?.resolve({
      status,
      bytes,
      get body() {
        return Buffer.concat(chunks).subarray(start);
      },
    });
  }
}
