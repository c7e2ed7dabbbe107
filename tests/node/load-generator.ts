/**
 * Run inside the namespaces by tests: asks in a steady beat, on a new connection each time, and never twice.
 *
 * Arguments: requests a second, seconds at most, then the targets as http://HOST:PORT/PATH, asked in turn. Ends when its input does, or
 * when the time is over, and writes a LoadReport.
 */
import { connect } from "node:net";
import { keepProcessAlive, realClock, sleep } from "../../src/base/clock.ts";
import type { LoadFailure, LoadReport, ServerReport } from "./load.ts";

const BEAT_MS = 5;
const ANSWER_LIMIT_MS = 10_000;
/** What a server that has come to a halt may keep waiting; more is counted as failed without being sent. */
const MAX_WAITING = 4_000;
const MAX_FAILURES_SHOWN = 50;

const [rate = "200", seconds = "10", ...urls] = process.argv.slice(2);
const targets = urls.map((url) => new URL(url));
const startMs = realClock.monotonic();
const failures: LoadFailure[] = [];
const report = { requests: 0, answered: 0, failed: 0, slowestMs: 0, servers: {} as Record<string, ServerReport> };
let waiting = 0;

function failed(target: URL, sinceMs: number, cause: string): void {
  report.failed++;
  const afterMs = Math.round(realClock.monotonic() - sinceMs);
  if (failures.length < MAX_FAILURES_SHOWN) failures.push({ atMs: realClock.now(), afterMs, target: target.host, cause });
}

/** Undefined where it is whole and says 200. */
function wrongWith(answer: string): string | undefined {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return answer === "" ? "closed without an answer" : "closed in the middle of the head";
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, end))?.[1]);
  if (!answer.startsWith("HTTP/1.1 200 ")) return `answered ${answer.slice(0, answer.indexOf("\r\n"))}`;
  return answer.length - end - 4 < length ? "closed in the middle of the body" : undefined;
}

/** Who answers says so, or is nobody in particular. */
function count(answer: string, askedMs: number): void {
  report.answered++;
  const name = /"pod": ?"([^"]+)"/.exec(answer)?.[1] ?? "";
  const { answers, lastAskedMs } = report.servers[name] ?? { answers: 0, lastAskedMs: 0 };
  report.servers[name] = { answers: answers + 1, lastAskedMs: Math.max(lastAskedMs, askedMs) };
}

function ask(target: URL): void {
  report.requests++;
  const sinceMs = realClock.monotonic();
  const askedMs = realClock.now();
  if (waiting >= MAX_WAITING) return failed(target, sinceMs, "not sent: too many are waiting");
  waiting++;
  const socket = connect({ host: target.hostname, port: Number(target.port || 80), noDelay: true });
  let answer = "";
  let cause: string | undefined;
  let connected = false;
  const limit = realClock.after(ANSWER_LIMIT_MS, () => {
    cause = connected ? "no answer in time" : "no connection in time";
    socket.destroy();
  });
  socket.once("connect", () => {
    connected = true;
    socket.write(`GET ${target.pathname} HTTP/1.1\r\nHost: ${target.host}\r\nConnection: close\r\n\r\n`);
  });
  socket.setEncoding("latin1").on("data", (text: string) => {
    answer += text;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    cause ??= `${error.code ?? error.message} ${connected ? "after" : "before"} the connection was there`;
  });
  socket.once("close", () => {
    waiting--;
    limit.cancel();
    cause ??= wrongWith(answer);
    report.slowestMs = Math.max(report.slowestMs, Math.round(realClock.monotonic() - sinceMs));
    if (cause === undefined) count(answer, askedMs);
    else failed(target, sinceMs, cause);
  });
}

const alive = keepProcessAlive();
let over = false;
process.stdin.resume().on("end", () => {
  over = true;
});
const limitMs = Number(seconds) * 1000;
for (let elapsedMs = 0; !over && elapsedMs < limitMs; elapsedMs = realClock.monotonic() - startMs) {
  const due = Math.floor((elapsedMs * Number(rate)) / 1000);
  while (report.requests < due) ask(targets[report.requests % targets.length] as URL);
  await sleep(realClock, BEAT_MS);
}
const lastedMs = realClock.monotonic() - startMs;
while (waiting > 0) await sleep(realClock, BEAT_MS);
alive.cancel();
process.stdout.write(JSON.stringify({ ...report, lastedMs, failures } satisfies LoadReport));
process.exit(0);
