/** What the other side did against the protocol. The connection ends with GOAWAY. */
export class SpdyError extends Error {
  override readonly name = "SpdyError";
}
