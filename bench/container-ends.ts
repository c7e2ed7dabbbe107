/** When containers ended, as containerd itself tells it. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface ContainerEnds {
  /** Milliseconds since the epoch, with fractions; undefined where it was not told (yet). */
  of(containerId: string): number | undefined;
  close(): void;
}

/** `ctr`: containerd's own client. */
export function followContainerEnds(ctr: string, socket: string): ContainerEnds {
  const ends = new Map<string, number>();
  const child = spawn(ctr, ["--address", socket, "--namespace", "k8s.io", "events"], { stdio: ["ignore", "pipe", "inherit"] });
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!line.includes(" /tasks/exit ")) return;
    const {
      container_id: container,
      id,
      exited_at: exitedAt,
    } = JSON.parse(line.slice(line.indexOf("{"))) as Record<string, string>;
    // A command in a container ends, too.
    if (container === undefined || id !== container || exitedAt === undefined) return;
    const [whole = "", fraction = ""] = exitedAt.replace("Z", "").split(".");
    ends.set(container, Date.parse(`${whole}Z`) + Number(`0.${fraction || "0"}`) * 1000);
  });
  return {
    of: (containerId) => ends.get(containerId),
    close: () => void child.kill(),
  };
}
