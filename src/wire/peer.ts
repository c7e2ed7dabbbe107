/** What one connection says about the client. Worked out once a connection, read by each of its requests. */
import type { TLSSocket } from "node:tls";

export interface Peer {
  readonly remoteAddress: string;
  /** DER of the certificate that was verified against the client CA. */
  readonly certificate: Uint8Array | undefined;
  /** Why the certificate that was sent is not accepted. */
  readonly certificateError: string | undefined;
}

export function peerOf(socket: TLSSocket): Peer {
  const remoteAddress = socket.remoteAddress?.replace(/^::ffff:/, "") ?? "";
  const certificate = socket.getPeerX509Certificate()?.raw;
  if (certificate === undefined) return { remoteAddress, certificate, certificateError: undefined };
  if (socket.authorized) return { remoteAddress, certificate, certificateError: undefined };
  return { remoteAddress, certificate: undefined, certificateError: String(socket.authorizationError ?? "unknown authority") };
}
