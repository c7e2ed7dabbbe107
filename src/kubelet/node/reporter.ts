/**
 * Registers the node and keeps saying how it is: its Lease every ten seconds, its status when something changes and every five
 * minutes.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#node-status
 */
import { Node } from "../../api/core/node.ts";
import { isAlreadyExists, isNotFound } from "../../api/errors.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { sleep } from "../../base/clock.ts";
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

const REPORT_MS = 300_000;
const RETRY = { baseMs: 200, maxMs: 7_000 };

/** What is said of the node, without the moments at which it is said. */
function substance({ status }: DeepReadonly<Node>): unknown {
  const conditions = status.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest);
  return { ...status, conditions };
}

export function createNodeReporter(options: NodeReporterOptions): NodeReporter {
  const { client, runtime, clock, wheel, logger, events, nodeName, facts } = options;
  let node: DeepReadonly<Node> | undefined;
  let timer: Timer | undefined;
  let reportedMs = 0;
  let stopped = false;
  /** Listed no more often than the status is reported: a large list, and nobody waits for it. */
  let images: readonly Image[] | undefined;
  let imagesMs = 0;
  const renew = leaseRenewer(client, clock, () => current());

  const current = (): DeepReadonly<Node> =>
    node ??
    ({ apiVersion: "v1", kind: "Node", metadata: { name: nodeName, uid: nodeName }, spec: {}, status: {} } as unknown as Node);

  /** Events about a node name it by its name, not by its uid, as `kubectl describe node` expects. */
  function tell(reason: string, message: string): void {
    events.event({ ...current(), metadata: { ...current().metadata, uid: nodeName } }, "Normal", reason, message);
  }

  const situation = async (): Promise<NodeSituation> => {
    const [version, status] = await Promise.all([runtime.version(), runtime.status()]);
    const isDue = images === undefined || clock.monotonic() - imagesMs >= REPORT_MS;
    if (isDue) [images, imagesMs] = [await runtime.listImages(), clock.monotonic()];
    return { facts, version, runtime: status, images: images ?? [], nowMs: clock.now() };
  };

  async function makeOrFind(): Promise<DeepReadonly<Node>> {
    const now = await situation();
    try {
      return await client.create(Node, newNode(nodeName, now));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const found = await client.get(Node, { name: nodeName });
      const labels = nodeLabels(nodeName, facts);
      if (Object.entries(labels).every(([key, value]) => found.metadata.labels?.[key] === value)) return found;
      return client.patch(Node, { name: nodeName }, "merge", { metadata: { labels } });
    }
  }

  /** Writes the status where it differs, or where it is time again. */
  async function report(): Promise<void> {
    const before = current();
    const status = nodeStatus(await situation(), before.status);
    const wanted = { ...before, status: { ...before.status, ...status } } as DeepReadonly<Node>;
    const isNews = !sameContent(substance(before), substance(wanted));
    if (!isNews && clock.monotonic() - reportedMs < REPORT_MS) return;
    const patch = { status: { ...status, addresses: [{ $patch: "replace" }, ...(status.addresses ?? [])] } };
    node = await client.patch(Node, { name: nodeName }, "strategic", patch, { subresource: "status" });
    reportedMs = clock.monotonic();
    tellTransitions(before, wanted);
  }

  function tellTransitions(before: DeepReadonly<Node>, after: DeepReadonly<Node>): void {
    const of = (each: DeepReadonly<Node>) => each.status.conditions?.find(({ type }) => type === "Ready")?.status;
    if (of(before) === of(after)) return;
    const reason = of(after) === "True" ? "NodeReady" : "NodeNotReady";
    tell(reason, `Node ${nodeName} status is now: ${reason}`);
  }

  async function tick(): Promise<void> {
    try {
      await renew();
      await report();
    } catch (error) {
      if (stopped) return;
      if (isNotFound(error)) node = await makeOrFind().catch(() => node);
      else logger.warn("node not reported", { error: String(error) });
    }
    if (!stopped) timer = wheel.after(RENEW_MS, () => void tick());
  }

  return {
    get node() {
      return current();
    },
    async register(signal) {
      for (let failures = 1; !signal.aborted; failures++) {
        try {
          node = await makeOrFind();
          break;
        } catch (error) {
          logger.warn("node not registered", { error: String(error) });
          await sleep(clock, backoffMs(RETRY, failures), signal);
        }
      }
      if (signal.aborted) return;
      tell("Starting", "Starting kubelet.");
      for (const reason of ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"])
        tell(reason, `Node ${nodeName} status is now: ${reason}`);
      tell("NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
      reportedMs = clock.monotonic();
      await tick();
    },
    observe(seen) {
      if (Number(seen.metadata.resourceVersion) >= Number(current().metadata.resourceVersion ?? 0)) node = seen;
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
