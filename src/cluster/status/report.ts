/** What `timonier status` says of a cluster, as data, and how the whole follows from its parts. Pure. */
import type { LogLevel } from "../../base/logger.ts";

export type ClusterState = "ready" | "degraded" | "not running";

export interface ComponentStatus {
  readonly name: string;
  /** `off`: left out with --disable. */
  readonly state: "ok" | "failed" | "off";
  /** Where it is, or what is wrong with it. */
  readonly detail: string;
}

export interface NodeStatusLine {
  readonly name: string;
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly message: string;
  readonly kubeletVersion: string;
  readonly runtime: string;
  readonly address: string;
  readonly schedulable: boolean;
}

export interface ProcessStatus {
  readonly name: string;
  readonly pid: number;
  /** Resident. */
  readonly memoryBytes: number;
  /** Of that, what is not a file's: mapped files, the store among them, go when memory is short. */
  readonly anonymousBytes: number;
  /** Of one core, while this was asked. */
  readonly cpuPercent: number;
  readonly cpuSeconds: number;
}

export interface LogExcerpt {
  readonly time: string;
  readonly process: string;
  readonly level: LogLevel;
  readonly text: string;
}

export interface ClusterStatus {
  readonly state: ClusterState;
  /** In a sentence, with what to do. */
  readonly summary: string;
  readonly dataDirectory: string;
  readonly disk: DiskStatus | undefined;
  /** When the server began. */
  readonly since?: string;
  readonly version?: string;
  readonly server?: string;
  readonly kubeconfig?: string;
  readonly runtime?: string;
  readonly components: readonly ComponentStatus[];
  readonly nodes: readonly NodeStatusLine[];
  /** By phase. */
  readonly pods: Readonly<Record<string, number>>;
  readonly processes: readonly ProcessStatus[];
  /** The last of the logs' warnings and errors. */
  readonly lastProblems: readonly LogExcerpt[];
}

export interface DiskStatus {
  readonly usedBytes: number;
  /** Whether there were too many files to count them all. */
  readonly atLeast: boolean;
  readonly freeBytes: number;
}

/** Of a cluster whose server runs. */
export function judge(
  components: readonly ComponentStatus[],
  nodes: readonly NodeStatusLine[] | undefined,
): Pick<ClusterStatus, "state" | "summary"> {
  const failed = components.filter(({ state }) => state === "failed").map(({ name }) => name);
  const unready = (nodes ?? []).filter(({ ready }) => !ready).map(({ name }) => name);
  const problems = [
    ...(failed.length > 0 ? [`not well: ${failed.join(", ")}`] : []),
    ...(unready.length > 0 ? [`nodes not ready: ${unready.join(", ")}`] : []),
  ];
  if (problems.length === 0) return { state: "ready", summary: "the cluster is ready" };
  return { state: "degraded", summary: `${problems.join("; ")}: \`timonier logs --level warn\` may say why` };
}

/** Of one whose server does not run: what was left, and what to do. */
export function judgeStopped(
  path: string,
  found: { directory: boolean; died: number | undefined; left: readonly string[] },
): string {
  if (!found.directory)
    return `no cluster runs on ${path}: start one with \`timonier up\`, or name another directory with --data-dir`;
  const left = found.left.length === 0 ? "" : `; ${found.left.join(" and ")} of it run on`;
  if (found.died !== undefined || found.left.length > 0)
    return `the server${found.died === undefined ? "" : ` (process ${found.died})`} of ${path} ended without taking its leave${left}: \`timonier up\` takes up where it was, \`timonier down\` clears away what it left`;
  return `no cluster runs on ${path}, which keeps one: start it with \`timonier up\`, or name another directory with --data-dir`;
}
