/**
 * The connections into a Pod that wait for an answer: what has to be done before it may be told to end.
 *
 * A connection waits where nothing was answered on it yet, or where something came in after the last answer. One that is kept open
 * between two requests waits for nothing.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { RuntimeService } from "../runtime/runtime.ts";

const run = promisify(execFile);

/** Those that no program has taken from the kernel yet are established, too. */
const STATES = ["listening", "established", "syn-recv", "close-wait"].flatMap((state) => ["state", state]);
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

const portOf = (address: string): string => address.slice(address.lastIndexOf(":") + 1);
const figure = (row: string, name: string): number => Number(new RegExp(`\\b${name}:(\\d+)`).exec(row)?.[1] ?? 0);

function waits(row: string): boolean {
  return figure(row, "bytes_sent") === 0 || figure(row, "lastrcv") < figure(row, "lastsnd");
}

/** From what `ss -HOtni` says, a socket a line: state, two queues, own address, the other's, figures. */
export function countUnanswered(sockets: string): number {
  const rows = sockets.split("\n").filter((row) => row !== "");
  const own = (row: string): string => portOf(row.split(/\s+/)[3] ?? "");
  const isListening = (row: string): boolean => row.startsWith("LISTEN");
  const served = new Set(rows.filter(isListening).map(own));
  return rows.filter((row) => !isListening(row) && served.has(own(row)) && waits(row)).length;
}

/** Answers how many connections into a sandbox wait; rejects where that cannot be seen. */
export function sandboxConnections(runtime: RuntimeService): (sandboxId: string) => Promise<number> {
  return async (sandboxId) => {
    const pid = await runtime.podSandboxProcess?.(sandboxId);
    if (pid === undefined) return 0;
    const words = ["--target", String(pid), "--net", "--", "ss", "-HOtni", ...STATES];
    return countUnanswered((await run("nsenter", words, { maxBuffer: MAX_OUTPUT_BYTES })).stdout);
  };
}
