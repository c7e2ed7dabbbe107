/** Where the private containerd keeps its files: all of it beneath the data directory. */
import { join } from "node:path";
import { NodeSetupError } from "./setup-error.ts";

export interface Layout {
  /** Everything below; removing it removes images and containers. */
  readonly directory: string;
  /** Content, snapshots, metadata. */
  readonly root: string;
  /** Bundles, network namespaces, mounts: what does not outlive a start of the machine. */
  readonly state: string;
  readonly runc: string;
  readonly socket: string;
  readonly config: string;
  readonly log: string;
  readonly pid: string;
  readonly cniConfig: string;
  /** Which address belongs to which sandbox. */
  readonly cniAddresses: string;
}

/** The kernel's limit, less the suffix that containerd gives its second socket. */
const MAX_SOCKET_BYTES = 107 - ".ttrpc".length;

/** Throws where the path is too long for a socket. */
export function containerdLayout(dataDirectory: string): Layout {
  const directory = join(dataDirectory, "containerd");
  const socket = join(directory, "containerd.sock");
  if (Buffer.byteLength(socket) > MAX_SOCKET_BYTES)
    throw new NodeSetupError(
      `the data directory's path is too long: ${socket} would have more than ${MAX_SOCKET_BYTES} bytes, the limit of a socket's path`,
    );
  return {
    directory,
    socket,
    root: join(directory, "root"),
    state: join(directory, "state"),
    runc: join(directory, "runc"),
    config: join(directory, "config.toml"),
    log: join(directory, "containerd.log"),
    pid: join(directory, "containerd.pid"),
    cniConfig: join(directory, "cni", "conf"),
    cniAddresses: join(directory, "cni", "addresses"),
  };
}
