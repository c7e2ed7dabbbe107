/** The boundary at which every failure of a command becomes one clear message. */
/** Prints what went wrong and sets the exit code. A stack is for our own mistakes only. */
export function reportFailure(error: unknown): void {
  process.exitCode = 1;
  console.error(`timonier: ${messageOf(error)}`);
}

/** Errors whose message is written for people, by name. */
const KNOWN: readonly string[] = [
  "ApiError",
  "CommandError",
  "ConfigError",
  "NodeNetworkError",
  "NodeSetupError",
  "PkiError",
  "StoreError",
];

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (KNOWN.includes(error.name)) return error.message;
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (code === "EADDRINUSE")
    return `port ${port} on ${address} is in use: stop what listens there, or choose another with --port`;
  if (code === "EADDRNOTAVAIL") return `this machine has no address ${address}: check --bind-address and --node-ip`;
  if (code === "EACCES") return `${error.message}: run as root, or choose another --data-dir`;
  return error.stack ?? error.message;
}

/** A command cannot do what it was asked. The message says why, and what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
