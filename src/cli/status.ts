/** `timonier status`: how the cluster is, part by part. */
import type { Command } from "commander";
import { realClock } from "../base/clock.ts";
import { dataDirectory, defaultDataDirectory } from "../cluster/data-directory.ts";
import { gatherStatus } from "../cluster/status/gather.ts";
import type { ClusterState, ClusterStatus, ComponentStatus } from "../cluster/status/report.ts";
import { outputOption, requireOutput } from "./output-format.ts";
import { keepAlive } from "./process-signals.ts";
import { isReadable } from "./readable-directory.ts";
import { columns, paint, type Style } from "./terminal.ts";

const EXIT_CODES: Readonly<Record<ClusterState, number>> = { ready: 0, "not running": 1, degraded: 2 };

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("say how the cluster is")
    .option("--data-dir <directory>", "where the cluster is kept")
    .addOption(outputOption())
    .action(async ({ dataDir, output }: { dataDir?: string; output?: string }) => {
      requireOutput(output);
      const directory = dataDirectory(dataDir ?? defaultDataDirectory());
      // Throws where it is somebody else's; where it is not there, that is a status.
      isReadable(directory);
      const release = keepAlive();
      try {
        const status = await gatherStatus(directory, realClock);
        console.log(output === "json" ? JSON.stringify(status, null, 2) : statusLines(status).join("\n"));
        process.exitCode = EXIT_CODES[status.state];
      } finally {
        release();
      }
    });
}

const COLOURS: Readonly<Record<ClusterState, Style>> = { ready: "green", degraded: "yellow", "not running": "red" };

function statusLines(status: ClusterStatus): string[] {
  const sections: [title: string, lines: string[]][] = [
    ["components", componentLines(status)],
    ["nodes", nodeLines(status)],
    ["Pods", podLines(status)],
    ["processes", processLines(status)],
    ["last warnings and errors", problemLines(status)],
  ];
  return [
    `${paint(COLOURS[status.state], status.state)}${status.state === "ready" ? "" : `: ${status.summary}`}`,
    ...headLines(status),
    ...sections.flatMap(([title, lines]) => (lines.length === 0 ? [] : ["", paint("bold", title), ...lines])),
  ];
}

function headLines({ since, version, server, kubeconfig, runtime, dataDirectory: path, disk }: ClusterStatus): string[] {
  const rows: [string, string][] = [];
  if (since !== undefined) rows.push(["since", `${since} (${ago(realClock.now() - Date.parse(since))})`]);
  if (server !== undefined) rows.push(["API", `${server}${version === undefined ? "" : `, ${version}`}`]);
  if (runtime !== undefined) rows.push(["runtime", runtime]);
  if (kubeconfig !== undefined) rows.push(["kubeconfig", kubeconfig]);
  if (disk !== undefined)
    rows.push(["data", `${path}: ${disk.atLeast ? "more than " : ""}${size(disk.usedBytes)} used, ${size(disk.freeBytes)} free`]);
  return columns(rows);
}

const STATES: Readonly<Record<ComponentStatus["state"], Style>> = { ok: "green", failed: "red", off: "dim" };

const componentLines = ({ components }: ClusterStatus): string[] =>
  columns(
    components.map(({ name, state, detail }) => [paint(STATES[state], state), name, detail]),
    "  ",
  );

const nodeLines = ({ nodes }: ClusterStatus): string[] =>
  columns(
    nodes.map(({ name, ready, message, kubeletVersion, runtime, address, schedulable }) => [
      ready ? paint("green", "Ready") : paint("red", "NotReady"),
      name,
      address,
      kubeletVersion,
      runtime,
      [...(schedulable ? [] : ["cordoned"]), ...(message === "" ? [] : [message])].join(", "),
    ]),
    "  ",
  );

function podLines({ state, pods }: ClusterStatus): string[] {
  if (state === "not running") return [];
  const counted = Object.entries(pods).map(([phase, count]) => `${count} ${phase}`);
  return [`  ${counted.length === 0 ? "none" : counted.join(", ")}`];
}

/** Processes of Pods come as one line. */
function processLines({ processes }: ClusterStatus): string[] {
  if (processes.length === 0) return [];
  const own = processes.filter(({ name }) => name !== "Pod");
  const shims = processes.filter(({ name }) => name === "Pod");
  const total = (of: (each: (typeof shims)[number]) => number): number => shims.reduce((sum, each) => sum + of(each), 0);
  const rows = own.map(({ name, pid, ...use }) => [name, String(pid), ...useCells(use)]);
  if (shims.length > 0)
    rows.push([
      `${shims.length} shim(s) of Pods`,
      "",
      ...useCells({
        memoryBytes: total((each) => each.memoryBytes),
        anonymousBytes: total((each) => each.anonymousBytes),
        cpuPercent: total((each) => each.cpuPercent),
        cpuSeconds: total((each) => each.cpuSeconds),
      }),
    ]);
  return columns(
    [["", "process", "memory", "of that its own", "core", "in all"].map((cell) => paint("dim", cell)), ...rows],
    "  ",
  );
}

const useCells = (use: Omit<ClusterStatus["processes"][number], "name" | "pid">): string[] => [
  size(use.memoryBytes),
  size(use.anonymousBytes),
  `${use.cpuPercent.toFixed(1)} %`,
  `${use.cpuSeconds.toFixed(1)} s`,
];

const problemLines = ({ lastProblems }: ClusterStatus): string[] =>
  columns(
    lastProblems.map(({ time, process, level, text }) => [
      time,
      process,
      paint(level === "error" ? "red" : "yellow", level),
      text,
    ]),
    "  ",
  );

const UNITS: readonly [bytes: number, name: string][] = [
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
];

function size(bytes: number): string {
  const [unit, name] = UNITS.find(([least]) => bytes >= least) ?? [1, "B"];
  const amount = bytes / unit;
  return `${amount >= 100 || unit === 1 ? Math.round(amount) : amount.toFixed(1)} ${name}`;
}

/** The two greatest units: `3 h 12 min`. */
function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "just now";
  return `${parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ")}`;
}
