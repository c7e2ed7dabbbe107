/** Whose logs there are, and where they stand: several components share the log of their process. */
import { containerdLayout } from "../../kubelet/containerd/layout.ts";
import type { DataDirectory } from "../data-directory.ts";

export const LOG_COMPONENTS = ["server", "controllers", "scheduler", "agent", "kubelet", "proxy", "dns", "containerd"] as const;
export type LogComponent = (typeof LOG_COMPONENTS)[number];

export interface LogSource {
  /** The process whose log it is. */
  readonly process: "server" | "agent" | "containerd";
  readonly path: string;
  /** Only lines of this component; all where absent. */
  readonly component?: string;
}

/** The parts of a process that name themselves in each of their lines. */
const PARTS: Readonly<Partial<Record<LogComponent, readonly ("server" | "agent")[]>>> = {
  controllers: ["server"],
  scheduler: ["server"],
  // Simulated nodes run in the server.
  kubelet: ["agent", "server"],
  proxy: ["agent"],
  dns: ["agent"],
};

/** Files to read for a component; for all of them where none is named. */
export function logSources(directory: DataDirectory, component: LogComponent | undefined): LogSource[] {
  const server: LogSource = { process: "server", path: directory.serverLog };
  const agent: LogSource = { process: "agent", path: directory.agentLog };
  const containerd: LogSource = { process: "containerd", path: containerdLayout(directory.agent).log };
  switch (component) {
    case undefined:
      return [server, agent, containerd];
    case "server":
      return [server];
    case "agent":
      return [agent];
    case "containerd":
      // Its starts and ends are told by the agent.
      return [{ ...agent, component }, containerd];
    default:
      return (PARTS[component] ?? []).map((process) => ({ ...(process === "server" ? server : agent), component }));
  }
}
