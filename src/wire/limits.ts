/**
 * What a client may ask of a connection. Values are kube-apiserver's where it has one.
 * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
 */

/** All request headers together, as Go's HTTP server. */
export const MAX_HEADER_BYTES = 1 << 20;
/** Header lines of one request: impersonation sends one a group. */
export const MAX_HEADER_COUNT = 2_000;
/** From the first byte of a request (or the end of the handshake) to the end of its headers. */
export const HEADERS_TIMEOUT_MS = 32_000;
/** From when a body is wanted to its end, where it is read as a whole. */
export const REQUEST_TIMEOUT_MS = 60_000;
/** A connection on which no request is open. */
export const IDLE_TIMEOUT_MS = 90_000;
/** The TLS handshake. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A connection is asked whether its other end still lives, when it has been silent for so long; as Go's. */
export const KEEP_ALIVE_MS = 15_000;
/** Bytes wait to be sent and the client takes none. */
export const STALLED_WRITE_TIMEOUT_MS = 60_000;
/** Requests open at once on one HTTP/2 connection; upstream's default is 100 to 1,000 by version. */
export const MAX_CONCURRENT_STREAMS = 250;
/** Bytes that a sink takes in before it asks its writer to wait. */
export const SINK_HIGH_WATER_BYTES = 256 * 1024;
/** Smaller answers are sent as they are. */
export const GZIP_MIN_BYTES = 128 * 1024;
/** Level 1: a quarter of the time of the default level, for some 10 % more bytes. */
export const GZIP_LEVEL = 1;
/** Open HTTP/1.1 connections of one client, streaming answers included. */
export const MAX_CLIENT_SOCKETS = 512;
/** How long an unused client connection is kept. */
export const CLIENT_IDLE_TIMEOUT_MS = 60_000;
/** From the first attempt to reach an address until a connection stands, TLS included; as Go's dialler. */
export const DIAL_TIMEOUT_MS = 30_000;
/** How long a connection to a Pod is kept for the next request. */
export const ORIGIN_IDLE_TIMEOUT_MS = 30_000;
/** Unused connections that are kept to one Pod. */
export const MAX_IDLE_ORIGIN_SOCKETS = 4;
/** How long the other side of a taken-over connection may take to close it after us. */
export const LINGER_MS = 10_000;
/** What may still come on a taken-over connection that we ended. */
export const MAX_LINGER_BYTES = 1 << 20;
