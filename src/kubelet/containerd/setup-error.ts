/** The node cannot be set up, or a command for it cannot be done. The message is for people: what is wrong, and what to do. */
export class NodeSetupError extends Error {
  override readonly name = "NodeSetupError";
}
