/** Connections to the ports of a Pod, apart from the protocol in which a client asks for them. */
import type { ByteStream } from "../byte-stream.ts";

/** One connection to a port. */
export interface ForwardedConnection {
  readonly stream: ByteStream;
  /** Why it could not be made, or broke; undefined where it ended well. Never rejects. */
  readonly failure: Promise<string | undefined>;
}

export interface PortForwardSession {
  /** A new connection. Rejects where none can be made; what is wrong with one alone is its `failure`. */
  connect(port: number): Promise<ForwardedConnection>;
  /** Breaks all connections off. Idempotent. */
  abort(): void;
  /** Called once, when no connection can be made any more. */
  onClose(listener: () => void): void;
}
