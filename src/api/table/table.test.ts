import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assert } from "../../base/assert.ts";
import { normalise } from "../decode/index.ts";
import type { KubernetesObject } from "../meta.ts";
import { builtInResources, findResource } from "../resources.ts";
import type { AnyResource } from "../row.ts";
import { humanAge, humanDuration } from "./duration.ts";
import { columnDefinitionsOf, rowOf, tableOf } from "./table.ts";

const NOW = Date.parse("2026-01-02T00:00:00Z");

function rowFor(group: string, version: string, plural: string): AnyResource {
  const served = findResource(group, version, plural);
  assert(served, `no ${plural}`);
  return served.row;
}

const minimal = ({ apiVersion, kind }: AnyResource): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: "x", uid: "u", creationTimestamp: "2026-01-01T00:00:00Z" } as KubernetesObject["metadata"],
});

const pods = rowFor("", "v1", "pods");
const podCells = (pod: object): unknown[] =>
  rowOf(pods, { ...minimal(pods), ...pod }, { includeObject: "None", nowMs: NOW }).cells.slice(1, 4);

const status = (name: string, state: object, more: object = {}): object => ({
  name,
  state,
  lastState: {},
  ready: false,
  restartCount: 0,
  ...more,
});

describe("Tables", () => {
  it.each([
    [0, "0s"],
    [-1_500, "0s"],
    [-3_000, "<invalid>"],
    [119_999, "119s"],
    [120_000, "2m"],
    [125_000, "2m5s"],
    [660_000, "11m"],
    [10_860_000, "3h1m"],
    [36_000_000, "10h"],
    [273_600_000, "3d4h"],
    [864_000_000, "10d"],
    [66_096_000_000, "2y35d"],
    [283_824_000_000, "9y"],
  ])("prints a duration of %i ms as %s", (durationMs, text) => {
    expect(humanDuration(durationMs)).toBe(text);
  });

  it("prints an age that is not known as <unknown>", () => {
    expect(humanAge(null, NOW)).toBe("<unknown>");
    expect(humanAge("2026-01-01T23:59:00Z", NOW)).toBe("60s");
  });

  it.each(builtInResources.filter(({ verbs }) => verbs.includes("list")).map((row) => [row.resource, row] as const))(
    "has as many cells as columns for %s",
    (_plural, row) => {
      const { object } = normalise({ row, value: sampleOf(row), fieldValidation: "Ignore" });
      const { cells } = rowOf(row, object, { includeObject: "None", nowMs: NOW });
      const columns = columnDefinitionsOf(row);
      expect(cells).toHaveLength(columns.length);
      columns.forEach(({ type, name }, index) => {
        expect(cells[index], name).not.toBe(undefined);
        if (type === "integer") expect(cells[index], name).toBeTypeOf("number");
        if (name === "Age") expect(cells[index]).toBe("24h");
      });
    },
  );

  it("says null rows for an empty list of a kind without a printer, and no rows for others", () => {
    const empty = (row: AnyResource) => tableOf({ row, objects: [], includeObject: "Metadata", nowMs: NOW, metadata: {} }).rows;
    expect(empty(rowFor("", "v1", "limitranges"))).toBe(null);
    expect(empty(pods)).toEqual([]);
  });

  it("sorts FlowSchemas as requests are matched", () => {
    const row = rowFor("flowcontrol.apiserver.k8s.io", "v1", "flowschemas");
    const named = (name: string, matchingPrecedence: number) => ({
      ...minimal(row),
      metadata: { ...minimal(row).metadata, name },
      spec: { matchingPrecedence, priorityLevelConfiguration: { name: "p" } },
    });
    const objects = [named("b", 5), named("c", 1), named("a", 5)];
    const { rows } = tableOf({ row, objects, includeObject: "None", nowMs: NOW, metadata: {} });
    expect(rows?.map(({ cells }) => cells[0])).toEqual(["c", "a", "b"]);
  });

  it("includes metadata, the object in the asked version, or nothing", () => {
    const object = minimal(pods);
    const included = (includeObject: "None" | "Metadata" | "Object") => rowOf(pods, object, { includeObject, nowMs: NOW }).object;
    expect(included("None")).toBe(null);
    expect(included("Metadata")).toEqual({
      kind: "PartialObjectMetadata",
      apiVersion: "meta.k8s.io/v1",
      metadata: object.metadata,
    });
    expect(included("Object")).toBe(object);
  });

  it("gives a bookmark a row of empty cells", () => {
    const bookmark = { apiVersion: "v1", kind: "Pod", metadata: { resourceVersion: "7" } } as KubernetesObject;
    const { cells } = rowOf(pods, bookmark, { includeObject: "Metadata", nowMs: NOW });
    expect(new Set(cells)).toEqual(new Set([""]));
  });
});

/** What printers rely on that defaults do not fill. */
function sampleOf(row: AnyResource): KubernetesObject {
  const template = { spec: { containers: [{ name: "c", image: "i" }] } };
  const workload = { spec: { template, selector: {} }, status: {} };
  const required: Record<string, object> = {
    events: { involvedObject: { kind: "Pod", name: "p" } },
    certificatesigningrequests: { spec: { request: "", signerName: "s" } },
    rolebindings: { roleRef: { apiGroup: "", kind: "Role", name: "r" } },
    clusterrolebindings: { roleRef: { apiGroup: "", kind: "ClusterRole", name: "r" } },
    pods: { ...template, status: {} },
    podtemplates: { template },
    replicationcontrollers: { spec: { template }, status: {} },
    daemonsets: { spec: { ...workload.spec, updateStrategy: {} }, status: {} },
    deployments: workload,
    replicasets: workload,
    statefulsets: { spec: { ...workload.spec, updateStrategy: {} }, status: {} },
    jobs: workload,
  };
  return { ...minimal(row), ...required[row.resource] };
}

describe("The status of a Pod", () => {
  const containers = [{ name: "c" }];

  it("is its phase, until a container has more to say", () => {
    expect(podCells({ spec: { containers }, status: { phase: "Pending" } })).toEqual(["0/1", "Pending", "0"]);
    const waiting = status("c", { waiting: { reason: "ImagePullBackOff" } });
    expect(podCells({ spec: { containers }, status: { phase: "Pending", containerStatuses: [waiting] } })).toEqual([
      "0/1",
      "ImagePullBackOff",
      "0",
    ]);
  });

  it("tells how long ago the last restart was", () => {
    const running = status(
      "c",
      { running: {} },
      { ready: true, restartCount: 3, lastState: { terminated: { exitCode: 1, finishedAt: "2026-01-01T23:57:00Z" } } },
    );
    expect(podCells({ spec: { containers }, status: { phase: "Running", containerStatuses: [running] } })).toEqual([
      "1/1",
      "Running",
      "3 (3m ago)",
    ]);
  });

  it("counts running sidecars as ready containers", () => {
    const spec = { containers, initContainers: [{ name: "s", restartPolicy: "Always" }, { name: "i" }] };
    const sidecar = status("s", { running: {} }, { ready: true, started: true });
    const waiting = status("i", { waiting: { reason: "PodInitializing" } });
    expect(podCells({ spec, status: { phase: "Pending", initContainerStatuses: [sidecar, waiting] } })).toEqual([
      "1/2",
      "Init:1/2",
      "0",
    ]);
  });

  it("is why an init container failed", () => {
    const failed = status("i", { terminated: { exitCode: 2 } }, { restartCount: 1 });
    expect(
      podCells({
        spec: { containers, initContainers: [{ name: "i" }] },
        status: { phase: "Pending", initContainerStatuses: [failed] },
      }),
    ).toEqual(["0/1", "Init:ExitCode:2", "1"]);
  });

  it("is NotReady while one container runs and another has completed", () => {
    const statuses = [
      status("a", { terminated: { exitCode: 0, reason: "Completed" } }),
      status("b", { running: {} }, { ready: true }),
    ];
    const pod = {
      spec: { containers: [{ name: "a" }, { name: "b" }] },
      status: { phase: "Running", containerStatuses: statuses },
    };
    expect(podCells(pod)).toEqual(["1/2", "NotReady", "0"]);
  });

  it("is Terminating once it is deleted, unless it has ended", () => {
    const deleted = { metadata: { ...minimal(pods).metadata, deletionTimestamp: "2026-01-02T00:00:00Z" }, spec: { containers } };
    expect(podCells({ ...deleted, status: { phase: "Running" } })[1]).toBe("Terminating");
    expect(podCells({ ...deleted, status: { phase: "Failed" } })[1]).toBe("Failed");
    expect(podCells({ ...deleted, status: { phase: "Running", reason: "NodeLost" } })[1]).toBe("Unknown");
  });
});

interface Recording {
  steps: {
    request: {
      method: string;
      path: string;
      body?: Record<string, unknown>;
      query?: Record<string, string>;
      headers?: Record<string, string>;
    };
    response: { body?: { rows?: { cells: unknown[]; conditions?: unknown[] }[] } };
  }[];
}

const folder = new URL("../../../facts/golden/list/", import.meta.url);
const recordings = readdirSync(folder).filter((file) => file.startsWith("table-") && !/limit\.|serviceaccounts/.test(file));

function merge(document: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  return { ...document, ...patch };
}

describe("Recorded tables", () => {
  it.each(recordings)("prints the cells of %s", (file) => {
    const { steps } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Recording;
    let document: Record<string, unknown> | undefined;
    for (const { request, response } of steps) {
      const [, group = "", version = "v1", plural = ""] =
        /^\/(?:api|apis\/([^/]+))\/([^/]+)\/(?:namespaces\/[^/]+\/)?([^/]+)/.exec(request.path) ?? [];
      if (request.method === "POST") document ??= request.body;
      if (request.method === "PATCH" && document) document = merge(document, request.body ?? {});
      const expected = response.body?.rows?.[0];
      if (expected === undefined || document === undefined) continue;
      const served = findResource(group, version, plural);
      assert(served, `no ${plural}`);
      const { row } = served;
      const { object } = normalise({ ...served, value: structuredClone(document), fieldValidation: "Ignore" });
      expect(differing(rowOf(row, object, { includeObject: "None", nowMs: NOW }).cells, expected.cells)).toEqual([]);
    }
  });
});

/** Cells that are not as recorded, placeholders and what only a server sets left out. */
const differing = (ours: unknown[], theirs: unknown[]): unknown[] =>
  theirs.filter((cell, index) => !/^(\{\w+\}|Pending)$/.test(String(cell)) && cell !== ours[index]);
