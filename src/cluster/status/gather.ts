/** Asks a cluster how it is, also one that does not run. Changes nothing. */
import { existsSync } from "node:fs";
import type { Clock } from "../../base/clock.ts";
import { connectAsAdministrator } from "../administrator.ts";
import { type DataDirectory, readServerState, runningServer, type ServerState } from "../data-directory.ts";
import { logSources } from "../logs/components.ts";
import { last, select } from "../logs/selection.ts";
import { type ApiStatus, askApi } from "./api.ts";
import { diskUse } from "./disk.ts";
import { nodeComponents, nodeProcesses } from "./node.ts";
import { type ProcessName, startOf, usageOf } from "./processes.ts";
import { type ClusterStatus, type ComponentStatus, judge, judgeStopped, type LogExcerpt } from "./report.ts";

const LAST_PROBLEMS = 3;
/** What went wrong earlier is no news of a cluster that runs. */
const NEWS_MS = 60 * 60 * 1000;
const MAX_TEXT_LENGTH = 240;

export async function gatherStatus(directory: DataDirectory, clock: Clock): Promise<ClusterStatus> {
  const there = existsSync(directory.path);
  const state = runningServer(directory);
  const ofNode = there ? await nodeProcesses(directory) : [];
  const common = { dataDirectory: directory.path, disk: there ? await diskUse(directory.path) : undefined };
  if (state !== undefined) return { ...common, ...(await runningStatus(directory, state, ofNode, clock)) };
  const left = [...new Set(ofNode.map(({ name }) => (name === "Pod" ? "Pods" : name)))];
  return {
    ...common,
    state: "not running",
    summary: judgeStopped(directory.path, { directory: there, died: readServerState(directory)?.pid, left }),
    components: [],
    nodes: [],
    pods: {},
    processes: await usageOf(ofNode, clock),
    lastProblems: there ? await lastProblems(directory, undefined) : [],
  };
}

async function runningStatus(
  directory: DataDirectory,
  state: ServerState,
  ofNode: readonly ProcessName[],
  clock: Clock,
): Promise<Omit<ClusterStatus, "dataDirectory" | "disk">> {
  const processes: ProcessName[] = [{ name: "server", pid: state.pid }, ...ofNode];
  const isReal = state.runtime === "containerd";
  const [api, node, usage, problems, sinceMs] = await Promise.all([
    askServer(state, clock),
    isReal ? nodeComponents(directory, ofNode, clock) : Promise.resolve<ComponentStatus[]>([]),
    usageOf(processes, clock),
    lastProblems(directory, clock.now() - NEWS_MS),
    startOf(state.startTicks),
  ]);
  const components = [...api.components, ...node];
  return {
    ...judge(components, api.nodes),
    since: new Date(sinceMs).toISOString(),
    ...(api.version === undefined ? {} : { version: api.version }),
    server: state.server,
    kubeconfig: state.kubeconfig,
    runtime: state.runtime,
    components,
    nodes: api.nodes ?? [],
    pods: api.pods,
    processes: usage,
    lastProblems: problems,
  };
}

async function askServer(state: ServerState, clock: Clock): Promise<ApiStatus> {
  try {
    const { client, close } = await connectAsAdministrator(state.kubeconfig, clock);
    try {
      return await askApi(client, new Set(state.disabled ?? []), clock);
    } finally {
      await close();
    }
  } catch (error) {
    const detail = `${state.kubeconfig} is of no use: ${error instanceof Error ? error.message : String(error)}`;
    return { components: [{ name: "API server", state: "failed", detail }], nodes: undefined, pods: {}, version: undefined };
  }
}

/** containerd's own log is left out: it calls errors what is none. */
async function lastProblems(directory: DataDirectory, sinceMs: number | undefined): Promise<LogExcerpt[]> {
  const sources = logSources(directory, undefined).filter(({ process }) => process !== "containerd");
  const entries = await last(select(sources, { level: "warn", sinceMs }), LAST_PROBLEMS);
  return entries.map(({ timeMs, process, level, text }) => ({
    time: new Date(timeMs).toISOString(),
    process,
    level,
    text: (text.split("\n")[0] ?? "").replace(/^\S+Z [A-Z]+ +/, "").slice(0, MAX_TEXT_LENGTH),
  }));
}
