/**
 * Registers the node and keeps saying how it is: its Lease every ten seconds, its status when something changes and every five
 * minutes.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#node-status
 */
import { conditionOf } from "../../api/conditions.ts";
import { Node } from "../../api/core/node.ts";
import { isAlreadyExists, isNotFound } from "../../api/errors.ts";
import { type Clock, sleep, type Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { backoffMs } from "../../client/backoff.ts";
import type { Client } from "../../client/client.ts";
import { sameContent } from "../../client/equality.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { Image } from "../runtime/images.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Wheel } from "../wheel.ts";
import type { NodeFacts } from "./facts.ts";
import { leaseRenewer, RENEW_MS } from "./lease.ts";
import { type NodeSituation, newNode, nodeLabels, nodeStatus } from "./status.ts";

export interface NodeReporter {
  /** Resolves when the server has the node. */
  register(signal: AbortSignal): Promise<void>;
  /** The node as the server has it, or will. */
  readonly node: DeepReadonly<Node>;
  observe(node: DeepReadonly<Node>): void;
  stop(): void;
}

export interface NodeReporterOptions {
  client: Client;
  runtime: Runtime;
  clock: Clock;
  wheel: Wheel;
  logger: Logger;
  events: EventRecorder;
  nodeName: string;
  facts: NodeFacts;
}

export const REPORT_MS = 300_000;
const RETRY = { baseMs: 200, maxMs: 7_000 };

/** What is said of the node, without the moments at which it is said. */
function substance({ status }: DeepReadonly<Node>): unknown {
  const conditions = status.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest);
  return { ...status, conditions };
}

/** A node that cannot take Pods yet (its network is being set up) looks again this soon. */
const RECHECK_MS = 500;

const unknownNode = (name: string): DeepReadonly<Node> =>
  ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: name, resourceVersion: "0" },
    spec: {},
    status: {},
  }) as unknown as Node;

/** Asks the runtime how things are. Images no more often than they are reported: the list is large, and nobody waits for it. */
function observer({ runtime, clock, facts }: NodeReporterOptions): () => Promise<NodeSituation> {
  let images: readonly Image[] | undefined;
  let imagesMs = 0;
  return async () => {
    const [version, status] = await Promise.all([runtime.version(), runtime.status()]);
    if (images === undefined || clock.monotonic() - imagesMs >= REPORT_MS)
      [images, imagesMs] = [await runtime.listImages(), clock.monotonic()];
    return { facts, version, runtime: status, images, nowMs: clock.now() };
  };
}

/** The node, made where it is not there; labels that were lost are given back. */
async function makeOrFind(
  { client, nodeName, facts }: NodeReporterOptions,
  situation: NodeSituation,
): Promise<DeepReadonly<Node>> {
  try {
    return await client.create(Node, newNode(nodeName, situation));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const found = await client.get(Node, { name: nodeName });
  const labels = nodeLabels(nodeName, facts);
  if (Object.entries(labels).every(([key, value]) => found.metadata.labels?.[key] === value)) return found;
  return client.patch(Node, { name: nodeName }, "merge", { metadata: { labels } });
}

/** Events about a node name it by its name, not by its uid, as `kubectl describe node` expects. */
function tell({ events, nodeName }: NodeReporterOptions, node: DeepReadonly<Node>, reason: string, message?: string): void {
  const about = { ...node, metadata: { ...node.metadata, uid: nodeName } };
  events.event(about, "Normal", reason, message ?? `Node ${nodeName} status is now: ${reason}`);
}

const readyOf = (node: DeepReadonly<Node>): string | undefined => conditionOf(node.status.conditions, "Ready")?.status;

export function createNodeReporter(options: NodeReporterOptions): NodeReporter {
  const { client, clock, wheel, logger, nodeName } = options;
  const observe = observer(options);
  const renew = leaseRenewer(client, clock, () => node);
  let node = unknownNode(nodeName);
  let timer: Timer | undefined;
  let reportedMs = 0;
  let stopped = false;

  /** Writes the status where it differs, or where it is time again. */
  async function report(): Promise<void> {
    const before = node;
    const status = nodeStatus(await observe(), before.status);
    const wanted = { ...before, status: { ...before.status, ...status } } as DeepReadonly<Node>;
    const isNews = !sameContent(substance(before), substance(wanted));
    if (!isNews && clock.monotonic() - reportedMs < REPORT_MS) return;
    const patch = { status: { ...status, addresses: [{ $patch: "replace" }, ...(status.addresses ?? [])] } };
    node = await client.patch(Node, { name: nodeName }, "strategic", patch, { subresource: "status" });
    reportedMs = clock.monotonic();
    if (readyOf(before) !== readyOf(wanted)) tell(options, node, readyOf(wanted) === "True" ? "NodeReady" : "NodeNotReady");
  }

  async function tick(): Promise<void> {
    try {
      await renew();
      await report();
    } catch (error) {
      if (stopped) return;
      logger.warn("node not reported", { error: String(error) });
      // Somebody removed the node: it is there, so it registers again.
      if (isNotFound(error)) node = await makeOrFind(options, await observe()).catch(() => node);
    }
    if (!stopped) timer = wheel.after(readyOf(node) === "True" ? RENEW_MS : RECHECK_MS, () => void tick());
  }

  async function make(signal: AbortSignal): Promise<void> {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        node = await makeOrFind(options, await observe());
        return;
      } catch (error) {
        logger.warn("node not registered", { error: String(error) });
        await sleep(clock, backoffMs(RETRY, failures), signal);
      }
    }
  }

  return {
    get node() {
      return node;
    },
    async register(signal) {
      await make(signal);
      if (signal.aborted) return;
      tell(options, node, "Starting", "Starting kubelet.");
      for (const reason of ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"])
        tell(options, node, reason);
      tell(options, node, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
      reportedMs = clock.monotonic();
      await tick();
    },
    observe(seen) {
      if (Number(seen.metadata.resourceVersion) >= Number(node.metadata.resourceVersion)) node = seen;
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
