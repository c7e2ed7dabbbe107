/** Rows of the API: create, get, patch, delete, list and watch of Pods. */
import { Connection } from "./connection.ts";
import { CONCURRENCY, expectStatus, load, loadRow, median, type Row, timeRow } from "./measure.ts";
import { makeNamespace } from "./namespace.ts";
import { podBody } from "./pods.ts";
import { type EventLoopDelay, eventLoopDelay } from "./server.ts";
import type { Target } from "./target.ts";

const PATCH = JSON.stringify({
  metadata: { labels: { patched: "yes" } },
  spec: { containers: [{ name: "app", image: "registry.example.com/team/app:1.2.4" }] },
});
const WATCHERS = 100;
const UPDATES = 1000;
const GIVE_UP_MS = 120_000;

export interface ApiOptions {
  pods: number;
  gets: number;
}

export async function apiRows(target: Target, { pods, gets }: ApiOptions): Promise<Row[]> {
  const namespace = `bench-${process.pid}`;
  const admin = await Connection.open(target);
  await makeNamespace(admin, namespace);
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const rows: Row[] = [];
  const note = (row: Row): void => {
    rows.push(row);
    console.error(`${row.work}: ${row.seen}`);
  };
  // Compilers and caches warm up on objects that do not count.
  await load(target, 500, async (connection, index) =>
    expectStatus(await connection.request("POST", path, podBody(`warm-${index}`)), 201),
  );
  await load(target, 500, async (connection, index) => {
    expectStatus(await connection.request("DELETE", `${path}/warm-${index}?gracePeriodSeconds=0`), 200);
  });

  const delays = async (): Promise<EventLoopDelay | undefined> =>
    target.pid ? eventLoopDelay({ kubeconfig: target.kubeconfig, pid: target.pid }) : undefined;
  await delays();
  note(
    loadRow(
      `create ${pods} Pods (durable)`,
      await load(target, pods, async (connection, index) => {
        expectStatus(await connection.request("POST", path, podBody(`pod-${index}`, { part: `p${index % 100}` })), 201);
      }),
      2600,
    ),
  );
  const delay = await delays();
  if (delay !== undefined)
    note({
      work: "event-loop delay p99 under the create load",
      seen: `${delay.p99Ms.toFixed(1)} ms, longest ${delay.maxMs.toFixed(1)} ms`,
      bar: "≤ 20 ms",
      met: delay.p99Ms <= 20,
    });
  note(
    loadRow(
      "get a Pod",
      await load(target, gets, async (connection, index) =>
        expectStatus(await connection.request("GET", `${path}/pod-${index % pods}`), 200),
      ),
      7000,
    ),
  );
  note(
    loadRow(
      "strategic-merge patch",
      await load(target, pods, async (connection, index) => {
        const header = "Content-Type: application/strategic-merge-patch+json\r\n";
        expectStatus(await connection.request("PATCH", `${path}/pod-${index}`, PATCH, header), 200);
      }),
      2000,
    ),
  );
  for (const row of await listRows(admin, path, pods)) note(row);
  note(await watchRow(target, namespace));
  note(
    loadRow(
      "delete",
      await load(target, pods, async (connection, index) => {
        expectStatus(await connection.request("DELETE", `${path}/pod-${index}?gracePeriodSeconds=0`), 200);
      }),
      2000,
    ),
  );
  await admin.request("DELETE", `/api/v1/namespaces/${namespace}`);
  admin.close();
  return rows;
}

async function listRows(admin: Connection, path: string, pods: number): Promise<Row[]> {
  const timed = async (work: string, query: string, barMs: number, headers = ""): Promise<Row> => {
    let bytes = 0;
    const ms = await median(7, async () => {
      const answer = await admin.request("GET", `${path}${query}`, undefined, headers);
      expectStatus(answer, 200);
      bytes = answer.bytes;
    });
    const row = timeRow(work, ms, barMs);
    return { ...row, seen: `${row.seen} (${(bytes / 1e6).toFixed(1)} MB)` };
  };
  return [
    await timed(`list ${pods} Pods`, "", 60),
    await timed(`list ${pods} Pods by label (${Math.ceil(pods / 100)} match)`, "?labelSelector=part%3Dp7", 3),
    await timed("Table of 500 Pods", "?limit=500", 60, "Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n"),
    await timed(`list ${pods} Pods, gzip`, "", 100, "Accept-Encoding: gzip\r\n"),
    await timed(`protobuf list of ${pods} Pods`, "", 115, "Accept: application/vnd.kubernetes.protobuf\r\n"),
  ];
}

async function watchRow(target: Target, namespace: string): Promise<Row> {
  const admin = await Connection.open(target);
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  let revision = "0";
  for (let index = 0; index < CONCURRENCY; index++) {
    const created = await admin.request(
      "POST",
      path,
      JSON.stringify({ metadata: { name: `watched-${index}` }, data: { n: "0" } }),
    );
    expectStatus(created, 201);
    revision = /"resourceVersion":"(\d+)"/.exec(created.body.toString("utf8"))?.[1] ?? "0";
  }
  const watchers = await Promise.all(Array.from({ length: WATCHERS }, () => Connection.open(target)));
  let seen = 0;
  const expected = WATCHERS * UPDATES;
  const mark = Buffer.from('"type":"MODIFIED"');
  const start = performance.now();
  const all = new Promise<void>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`only ${seen} of ${expected} events came`)), GIVE_UP_MS);
    for (const watcher of watchers) {
      let rest: Buffer = Buffer.alloc(0);
      watcher.stream(`${path}?watch=true&resourceVersion=${revision}`, (bytes) => {
        const text = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
        let from = 0;
        for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, from)) {
          seen++;
          from = at + mark.length;
        }
        // A mark may be cut by the end of a packet.
        rest = text.subarray(Math.max(from, text.length - mark.length + 1));
        if (seen < expected) return;
        clearTimeout(deadline);
        resolve();
      });
    }
  });
  await load(target, UPDATES, async (connection, index) => {
    const header = "Content-Type: application/merge-patch+json\r\n";
    expectStatus(
      await connection.request(
        "PATCH",
        `${path}/watched-${index % CONCURRENCY}`,
        JSON.stringify({ data: { n: `${index + 1}` } }),
        header,
      ),
      200,
    );
  });
  await all;
  const perSecond = (expected * 1000) / (performance.now() - start);
  for (const watcher of watchers) watcher.close();
  admin.close();
  return {
    work: `${WATCHERS} watchers, ${UPDATES} updates`,
    seen: `${Math.round(perSecond)} events/s, all delivered`,
    bar: "≥ 50000 events/s",
    met: perSecond >= 50_000,
  };
}
