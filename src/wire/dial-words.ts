/** Why a server could not be reached, in the words that Kubernetes' clients know from Go. */

interface Failure {
  readonly code?: unknown;
  readonly message: string;
  readonly errors?: readonly Failure[];
}

const CONNECT: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EADDRNOTAVAIL: "cannot assign requested address",
};

const UNKNOWN_AUTHORITY = "tls: failed to verify certificate: x509: certificate signed by unknown authority";

const OTHER: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
};

/** `10.0.0.1:80`, `[fd00::1]:80` */
const addressText = (host: string, port: number | string): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

export const dialTimedOut = (host: string, port: number): Error => new Error(`dial tcp ${addressText(host, port)}: i/o timeout`);

export function dialWords(failure: Failure, host: string, port: number): string {
  // Of several addresses that were tried, the first says what is wrong.
  const error = failure.errors?.[0] ?? failure;
  const code = typeof error.code === "string" ? error.code : "";
  const refused = CONNECT[code];
  if (refused !== undefined) return `dial tcp ${addressText(host, port)}: connect: ${refused}`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `dial tcp: lookup ${host}: no such host`;
  if (code === "ECONNRESET") return error.message === "socket hang up" ? "EOF" : "read: connection reset by peer";
  if (code === "EPROTO" && /wrong version number|packet length too long/.test(error.message))
    return "http: server gave HTTP response to HTTPS client";
  if (code === "EPIPE") return "write: broken pipe";
  if (code.startsWith("HPE_")) return "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
  return OTHER[code] ?? error.message;
}
