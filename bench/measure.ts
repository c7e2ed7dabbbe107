/** Timing of many requests over a fixed number of connections, and how a row is printed. */
import { type Answer, Connection } from "./connection.ts";
import { cpuSecondsOf } from "./server.ts";
import type { Target } from "./target.ts";

export interface Row {
  work: string;
  seen: string;
  /** The bar of performance.md, and whether it is met. */
  bar?: string;
  met?: boolean;
}

export interface Load {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Share of one core that this client took. */
  clientCpu: number;
  /** Microseconds of processor time that the server took for each request, on all its threads. */
  serverMicros: number | undefined;
}

export const CONCURRENCY = 32;

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;

/** Runs `count` requests, `CONCURRENCY` at a time. `send` must check the answer itself. */
export async function load(
  target: Target,
  count: number,
  send: (connection: Connection, index: number) => Promise<void>,
): Promise<Load> {
  const connections = await Promise.all(Array.from({ length: CONCURRENCY }, () => Connection.open(target)));
  const times: number[] = [];
  let next = 0;
  const cpu = process.cpuUsage();
  const serverBefore = target.pid ? cpuSecondsOf(target.pid) : 0;
  const start = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let index = next++; index < count; index = next++) {
        const begin = performance.now();
        await send(connection, index);
        times.push(performance.now() - begin);
      }
    }),
  );
  const elapsedMs = performance.now() - start;
  const used = process.cpuUsage(cpu);
  for (const connection of connections) connection.close();
  times.sort((a, b) => a - b);
  return {
    perSecond: (count * 1000) / elapsedMs,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    serverMicros: target.pid ? ((cpuSecondsOf(target.pid) - serverBefore) * 1e6) / count : undefined,
    clientCpu: (used.user + used.system) / 1000 / elapsedMs,
  };
}

export function expectStatus(answer: Answer, status: number): void {
  if (answer.status !== status)
    throw new Error(`expected ${status}, got ${answer.status}: ${answer.body.toString("utf8", 0, 400)}`);
}

function cpuOf({ clientCpu, serverMicros }: Load): string {
  const client = `client ${Math.round(clientCpu * 100)} % of a core`;
  return serverMicros === undefined ? client : `server ${Math.round(serverMicros)} µs of processor time each, ${client}`;
}

export function loadRow(work: string, result: Load, barPerSecond: number): Row {
  return {
    work,
    seen: `${Math.round(result.perSecond)} /s, p50 ${result.p50Ms.toFixed(1)} ms, p99 ${result.p99Ms.toFixed(1)} ms (${cpuOf(result)})`,
    bar: `≥ ${barPerSecond} /s`,
    met: result.perSecond >= barPerSecond,
  };
}

/** The median of `rounds` runs, in milliseconds. */
export async function median(rounds: number, run: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    await run();
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? 0;
}

export function timeRow(work: string, ms: number, barMs: number): Row {
  return { work, seen: `${ms.toFixed(1)} ms`, bar: `≤ ${barMs} ms`, met: ms <= barMs };
}

export function printTable(rows: readonly Row[]): void {
  const cells = rows.map(({ work, seen, bar = "", met }) => [work, seen, bar, met === undefined ? "" : met ? "met" : "missed"]);
  const head = ["Work", "Seen", "Bar", ""];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  console.log(line(head));
  console.log(`|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  for (const row of cells) console.log(line(row));
}
