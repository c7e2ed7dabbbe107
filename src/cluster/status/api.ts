/** What the API of a running cluster says of itself, its nodes and its work. */
import { Deployment } from "../../api/apps/deployment.ts";
import { conditionOf } from "../../api/conditions.ts";
import { Node } from "../../api/core/node.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import type { ComponentStatus, NodeStatusLine } from "./report.ts";

/** An API that takes longer does not answer. */
const ANSWER_LIMIT_MS = 5_000;
/** Work that has waited so long is not being done. */
const WAITING_LIMIT_MS = 10_000;
const DEFAULT_SCHEDULER = "default-scheduler";

export interface ApiStatus {
  readonly components: readonly ComponentStatus[];
  /** Undefined where the API does not answer. */
  readonly nodes: readonly NodeStatusLine[] | undefined;
  readonly pods: Readonly<Record<string, number>>;
  readonly version: string | undefined;
}

/** Rejects after a while: a server may be there and hang. */
export async function answerIn<T>(clock: Clock, limitMs: number, answer: Promise<T>): Promise<T> {
  const ended = new AbortController();
  try {
    return await Promise.race([
      answer,
      sleep(clock, limitMs, ended.signal).then(() => {
        throw new Error(`no answer in ${limitMs / 1000} s`);
      }),
    ]);
  } finally {
    ended.abort();
  }
}

export async function askApi(client: Client, disabled: ReadonlySet<string>, clock: Clock): Promise<ApiStatus> {
  const ask = async (path: string): Promise<string> => {
    const { body } = await answerIn(clock, ANSWER_LIMIT_MS, client.raw({ method: "GET", path }));
    return new TextDecoder().decode(body);
  };
  try {
    const version = (JSON.parse(await ask("/version")) as { gitVersion?: string }).gitVersion;
    const [server, store, lists] = await Promise.all([
      healthOf("API server", () => ask("/readyz")),
      healthOf("store", () => ask("/readyz/etcd")),
      answerIn(clock, ANSWER_LIMIT_MS, Promise.all([client.list(Node), client.list(Pod), client.list(Deployment)])),
    ]);
    const [nodes, pods, deployments] = lists.map(({ items }) => items) as [Node[], Pod[], Deployment[]];
    return {
      components: [
        server,
        store,
        workOf("controllers", disabled, lateDeployments(deployments, clock.now()), "wait to be looked at"),
        workOf("scheduler", disabled, latePods(pods, clock.now()), "wait for a node"),
      ],
      nodes: nodes.map(nodeLine),
      pods: countPhases(pods),
      version,
    };
  } catch (error) {
    return { components: [failed("API server", error)], nodes: undefined, pods: {}, version: undefined };
  }
}

const failed = (name: string, error: unknown): ComponentStatus => ({
  name,
  state: "failed",
  detail: error instanceof Error ? error.message : String(error),
});

async function healthOf(name: string, ask: () => Promise<string>): Promise<ComponentStatus> {
  try {
    await ask();
    return { name, state: "ok", detail: "" };
  } catch (error) {
    return failed(name, error);
  }
}

/** A component of the server's own process is as well as the work that it does. */
function workOf(name: string, disabled: ReadonlySet<string>, late: readonly string[], what: string): ComponentStatus {
  if (disabled.has(name)) return { name, state: "off", detail: "left out with --disable" };
  if (late.length === 0) return { name, state: "ok", detail: "" };
  const [first] = late;
  const seconds = WAITING_LIMIT_MS / 1000;
  return { name, state: "failed", detail: `${late.length} object(s), ${first} among them, ${what} since more than ${seconds} s` };
}

const isLate = (time: string | undefined, nowMs: number): boolean =>
  time !== undefined && nowMs - Date.parse(time) > WAITING_LIMIT_MS;

/** Pods that no scheduler has looked at. One that was, and fits nowhere, has a condition that says so. */
export const latePods = (pods: readonly Pod[], nowMs: number): string[] =>
  pods
    .filter(({ spec, status, metadata }) => {
      const { schedulerName = DEFAULT_SCHEDULER, schedulingGates = [], nodeName = "" } = spec;
      if (nodeName !== "" || schedulerName !== DEFAULT_SCHEDULER || schedulingGates.length > 0) return false;
      return conditionOf(status.conditions ?? [], "PodScheduled") === undefined && isLate(metadata.creationTimestamp, nowMs);
    })
    .map(({ metadata }) => `Pod ${metadata.namespace}/${metadata.name}`);

/** Deployments whose last change no controller has seen. */
export const lateDeployments = (deployments: readonly Deployment[], nowMs: number): string[] =>
  deployments
    .filter(({ metadata, status }) => {
      if ((status.observedGeneration ?? 0) >= (metadata.generation ?? 0)) return false;
      const changes = (metadata.managedFields ?? []).map(({ time }) => time ?? "").sort();
      return isLate(changes.at(-1) || metadata.creationTimestamp, nowMs);
    })
    .map(({ metadata }) => `Deployment ${metadata.namespace}/${metadata.name}`);

function nodeLine({ metadata, spec, status }: Node): NodeStatusLine {
  const ready = conditionOf(status.conditions ?? [], "Ready");
  return {
    name: metadata.name,
    ready: ready?.status === "True",
    message: ready?.status === "True" ? "" : (ready?.message ?? "its kubelet has not reported"),
    kubeletVersion: status.nodeInfo?.kubeletVersion ?? "",
    runtime: status.nodeInfo?.containerRuntimeVersion ?? "",
    address: status.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "",
    schedulable: spec.unschedulable !== true,
  };
}

function countPhases(pods: readonly Pod[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of pods) counts.set(status.phase ?? "Unknown", (counts.get(status.phase ?? "Unknown") ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
