/** Rows of the scheduler: Pods created and bound, on nodes that are only objects. */
import { Connection } from "./connection.ts";
import { expectStatus, load, type Row } from "./measure.ts";
import { makeNamespace } from "./namespace.ts";
import { podBody } from "./pods.ts";
import { cpuSecondsOf } from "./server.ts";
import type { Target } from "./target.ts";

const GIVE_UP_MS = 180_000;
/** The bars are for so many. */
export const USUAL_PODS = 3000;
const BARS: Readonly<Record<number, number>> = { 100: 1800, 1000: 1500 };

const AMOUNTS = { cpu: "32", memory: "256Gi", pods: "500" };

export async function scheduleRows(target: Target, { nodes, pods }: { nodes: number; pods: number }): Promise<Row[]> {
  const admin = await Connection.open(target);
  const namespace = `schedule-${process.pid}-${nodes}`;
  await makeNamespace(admin, namespace);
  await load(target, nodes, (connection, index) => makeNode(connection, `bench-node-${nodes}-${index}`));

  const path = `/api/v1/namespaces/${namespace}/pods`;
  const watcher = await Connection.open(target);
  const mark = Buffer.from('"nodeName":"bench-node-');
  const startCpu = target.pid ? cpuSecondsOf(target.pid) : 0;
  const start = performance.now();
  const bound = new Promise<void>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`not all ${pods} Pods were bound in time`)), GIVE_UP_MS);
    let seen = 0;
    let rest: Buffer = Buffer.alloc(0);
    watcher.stream(`${path}?watch=true&fieldSelector=spec.nodeName!%3D`, (bytes) => {
      const text = Buffer.concat([rest, bytes]);
      let from = 0;
      for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, from)) {
        seen++;
        from = at + mark.length;
      }
      rest = text.subarray(Math.max(from, text.length - mark.length));
      if (seen < pods) return;
      clearTimeout(deadline);
      resolve();
    });
  });
  await load(target, pods, async (connection, index) =>
    expectStatus(await connection.request("POST", path, podBody(`pod-${index}`)), 201),
  );
  await bound;
  const perSecond = (pods * 1000) / (performance.now() - start);
  const cpuMicros = target.pid ? ((cpuSecondsOf(target.pid) - startCpu) * 1e6) / pods : undefined;
  watcher.close();
  admin.close();
  const bar = pods === USUAL_PODS ? BARS[nodes] : undefined;
  return [
    {
      work: `create + schedule ${pods} Pods, ${nodes} nodes`,
      seen: `${Math.round(perSecond)} /s${cpuMicros === undefined ? "" : `, ${Math.round(cpuMicros)} µs of processor time each`}`,
      ...(bar === undefined ? {} : { bar: `≥ ${bar} /s`, met: perSecond >= bar }),
    },
  ];
}

async function makeNode(connection: Connection, name: string): Promise<void> {
  const node = { metadata: { name, labels: { "kubernetes.io/hostname": name } }, spec: {} };
  const created = await connection.request("POST", "/api/v1/nodes", JSON.stringify(node));
  expectStatus(created, 201);
  const status = {
    status: {
      capacity: AMOUNTS,
      allocatable: AMOUNTS,
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "KubeletReady",
          lastHeartbeatTime: new Date().toISOString(),
          lastTransitionTime: new Date().toISOString(),
        },
      ],
    },
  };
  const header = "Content-Type: application/merge-patch+json\r\n";
  expectStatus(await connection.request("PATCH", `/api/v1/nodes/${name}/status`, JSON.stringify(status), header), 200);
  // New nodes are tainted until their node is ready; without a node lifecycle controller nobody takes that away.
  expectStatus(
    await connection.request("PATCH", `/api/v1/nodes/${name}`, JSON.stringify({ spec: { taints: null } }), header),
    200,
  );
}
