/**
 * `npm run bench [-- api|start|memory|schedule|pods] [--kubeconfig F] [--pods N]`: prints the rows of docs/benchmarks.md.
 *
 * With --kubeconfig another server is measured by the same client (api and schedule); otherwise Timonier is started for it.
 */
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { apiRows } from "./api.ts";
import { printTable, type Row, timeRow } from "./measure.ts";
import { scheduleRows, USUAL_PODS } from "./schedule.ts";
import { cpuSecondsOf, memoryOf, startServer } from "./server.ts";
import { targetOf } from "./target.ts";

const IDLE_SECONDS = 15;
const MEMORY_PODS = 6000;
const SETTLE_MS = 5000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kubeconfig: { type: "string" },
    pods: { type: "string", default: "5000" },
    gets: { type: "string", default: "15000" },
  },
});
const wanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
const rows: Row[] = [];

async function withServer<T>(
  args: readonly string[],
  use: (kubeconfig: string, pid: number) => Promise<T>,
  measureDelay = false,
): Promise<T> {
  if (values.kubeconfig) return use(values.kubeconfig, 0);
  const server = await startServer(args, measureDelay);
  try {
    return await use(server.kubeconfig, server.pid);
  } finally {
    await server.stop();
  }
}

if (wanted("start") && !values.kubeconfig) {
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const server = await startServer();
    times.push(server.startMs);
    await server.stop();
  }
  times.sort((a, b) => a - b);
  rows.push(timeRow("start to ready, empty data directory, PKI included (median of 5)", times[2] ?? 0, 500));
}

if (wanted("memory") && !values.kubeconfig) {
  await withServer([], async (_kubeconfig, pid) => {
    await wait(5_000);
    const before = cpuSecondsOf(pid);
    await wait(IDLE_SECONDS * 1000);
    const share = ((cpuSecondsOf(pid) - before) / IDLE_SECONDS) * 100;
    const { anonymous, resident } = memoryOf(pid);
    rows.push(
      {
        work: "memory, idle",
        seen: `${anonymous.toFixed(0)} MB anonymous, ${resident.toFixed(0)} MB resident`,
        bar: "≤ 120 MB",
        met: anonymous <= 120,
      },
      { work: "processor, idle", seen: `${share.toFixed(2)} % of a core`, bar: "≤ 0.5 %", met: share <= 0.5 },
    );
  });
}

if (wanted("api")) {
  const sizes = { pods: Number(values.pods), gets: Number(values.gets) };
  rows.push(
    ...(await withServer(
      ["--disable", "scheduler,controllers"],
      (kubeconfig, pid) => apiRows(targetOf(kubeconfig, pid), sizes),
      true,
    )),
  );
}

if (wanted("schedule")) {
  for (const nodes of [100, 1000])
    await withServer(["--simulated-nodes", "0"], async (kubeconfig, pid) => {
      rows.push(...(await scheduleRows(targetOf(kubeconfig, pid), { nodes, pods: USUAL_PODS })));
    });
  if (!values.kubeconfig)
    await withServer(["--simulated-nodes", "0"], async (kubeconfig, pid) => {
      await scheduleRows(targetOf(kubeconfig), { nodes: 100, pods: MEMORY_PODS });
      await wait(SETTLE_MS);
      const { anonymous, resident } = memoryOf(pid);
      rows.push({
        work: `memory after ${MEMORY_PODS} Pods created and scheduled`,
        seen: `${anonymous.toFixed(0)} MB anonymous, ${resident.toFixed(0)} MB resident`,
        bar: "≤ 300 MB",
        met: anonymous <= 300,
      });
    });
}

if (wanted("pods") && !values.kubeconfig) {
  const { whyNot } = await import("../tests/node/namespaces.ts");
  const missing = await whyNot();
  if (missing !== undefined) console.warn(`pods: left out (${missing})`);
  else rows.push(...(await (await import("./containers.ts")).containerRows()));
}

printTable(rows);
