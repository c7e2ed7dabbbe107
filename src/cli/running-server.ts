/** The cluster that a command is about. */
import { type DataDirectory, runningServer, type ServerState } from "../cluster/data-directory.ts";
import { CommandError } from "./failure.ts";

export function requireServer(directory: DataDirectory): ServerState {
  const running = runningServer(directory);
  if (running !== undefined) return running;
  throw new CommandError(
    `no cluster runs on ${directory.path}: start one with \`timonier up\`, or name another directory with --data-dir`,
  );
}
