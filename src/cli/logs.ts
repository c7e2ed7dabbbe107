/** `timonier logs`: what the cluster's own components say. */
import type { Command } from "commander";
import { realClock } from "../base/clock.ts";
import { parseDuration } from "../base/duration.ts";
import type { LogLevel } from "../base/logger.ts";
import { dataDirectory, defaultDataDirectory } from "../cluster/data-directory.ts";
import { LOG_COMPONENTS, type LogComponent, type LogSource, logSources } from "../cluster/logs/components.ts";
import type { LogEntry } from "../cluster/logs/entry.ts";
import { follow, sizeOf } from "../cluster/logs/reading.ts";
import { isWanted, last, type SourcedEntry, select, type Wanted } from "../cluster/logs/selection.ts";
import { CommandError } from "./failure.ts";
import { endSignal, keepAlive } from "./process-signals.ts";
import { requireDirectory } from "./readable-directory.ts";
import { paint, type Style } from "./terminal.ts";

interface Options {
  dataDir?: string;
  follow?: boolean;
  since?: string;
  tail?: string;
  level?: string;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export function addLogs(program: Command): void {
  program
    .command("logs [component]")
    .description(`print the logs of the cluster's own components: ${LOG_COMPONENTS.join(", ")}; all of them by default`)
    .option("--data-dir <directory>", "where the cluster is kept")
    .option("-f, --follow", "go on printing what comes")
    .option("--since <time>", "only what is younger: 90s, 10m, 2h, or a moment such as 2026-01-31T12:00:00Z")
    .option("--tail <lines>", "only the last entries")
    .option("--level <level>", "only debug, info, warn or error, and what is worse")
    .action(async (component: string | undefined, options: Options) => {
      const release = keepAlive();
      try {
        await logs(component, options);
      } finally {
        release();
      }
    });
}

async function logs(name: string | undefined, options: Options): Promise<void> {
  const component = componentOf(name);
  const wanted: Wanted = { level: levelOf(options.level), sinceMs: sinceOf(options.since) };
  const tail = tailOf(options.tail);
  const directory = dataDirectory(options.dataDir ?? defaultDataDirectory());
  requireDirectory(directory);
  const sources = logSources(directory, component);
  const show = printer(new Set(sources.map(({ process: name }) => name)).size > 1);
  // Measured before reading, so that nothing falls between the two.
  const ends = await Promise.all(sources.map(({ path }) => sizeOf(path)));
  const entries = select(sources, wanted);
  for await (const entry of tail === undefined ? entries : await last(entries, tail)) show(entry);
  if (options.follow === true) await followAll(sources, ends, wanted, show);
}

async function followAll(
  sources: readonly LogSource[],
  ends: readonly number[],
  wanted: Wanted,
  show: (entry: SourcedEntry) => void,
): Promise<void> {
  const signal = endSignal();
  await Promise.all(
    sources.map(async (source, at) => {
      for await (const entry of follow(source.path, { fromBytes: ends[at] ?? 0, clock: realClock, signal }))
        if (isWanted(entry, source, wanted)) show({ ...entry, process: source.process });
    }),
  );
}

const STYLES: Readonly<Partial<Record<LogLevel, Style>>> = { debug: "dim", warn: "yellow", error: "red" };

function printer(severalProcesses: boolean): (entry: SourcedEntry) => void {
  const coloured = ({ level, text }: LogEntry): string => {
    const style = STYLES[level];
    return style === undefined ? text : paint(style, text);
  };
  return (entry) =>
    console.log(severalProcesses ? `${entry.process.padEnd("containerd".length)}  ${coloured(entry)}` : coloured(entry));
}

function componentOf(name: string | undefined): LogComponent | undefined {
  const found = LOG_COMPONENTS.find((each) => each === name);
  if (name !== undefined && found === undefined)
    throw new CommandError(`no component is called ${JSON.stringify(name)}: name one of ${LOG_COMPONENTS.join(", ")}`);
  return found;
}

function levelOf(text: string | undefined): LogLevel | undefined {
  const found = LEVELS.find((each) => each === text);
  if (text !== undefined && found === undefined)
    throw new CommandError(`--level takes ${LEVELS.join(", ")}, not ${JSON.stringify(text)}`);
  return found;
}

function sinceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  const moment = ago === undefined ? Date.parse(text) : realClock.now() - ago;
  if (Number.isNaN(moment) || (ago === undefined && !/^\d{4}-\d\d-\d\dT/.test(text)))
    throw new CommandError(`--since takes 90s, 10m, 2h or a moment such as 2026-01-31T12:00:00Z, not ${JSON.stringify(text)}`);
  return moment;
}

function tailOf(text: string | undefined): number | undefined {
  if (text !== undefined && !/^\d{1,9}$/.test(text))
    throw new CommandError(`--tail takes a whole number of entries, not ${JSON.stringify(text)}`);
  return text === undefined ? undefined : Number(text);
}
