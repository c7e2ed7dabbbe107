/**
 * Container events: the CRI's own where the runtime has them, containerd's where it has not (before 1.7 it answers Unimplemented).
 *
 * containerd tells its clients of a task's end at the moment when its CRI part hears of it, too; a status asked for at once may
 * still say Running. So the news of an end goes out only when the CRI shows it. That something was made or started goes out at once:
 * who did it waits for the call, and nobody else is served by questions that the runtime has to answer in the midst of its work.
 *
 * https://kubernetes.io/docs/reference/node/kubelet-event-driven-pleg/ (KEP-3386)
 */
import { type Clock, sleep } from "../../../base/clock.ts";
import { type ContainerEvent, type ContainerEventType, isRuntimeError } from "../runtime.ts";
import type { Connection } from "./connection.ts";
import { containerStates, eventTypes, millisecondsOf, podSandboxStates } from "./from-cri.ts";
import type { Membership } from "./membership.ts";
import { bytes, type Decoded, decode, integer, message, one, string, strings } from "./protobuf.ts";
import { type Call, runtimeService as rpc } from "./services.ts";

export type EventSource = (onEvent: (event: ContainerEvent) => void, signal: AbortSignal) => Promise<void>;

export function criEvents(connection: Connection): EventSource {
  return (onEvent, signal) =>
    connection.stream(
      rpc.getContainerEvents,
      {},
      (event) =>
        onEvent({
          containerId: event.containerId,
          type: eventTypes[event.containerEventType] ?? "Stopped",
          createdAtMs: millisecondsOf(event.createdAt),
          podUid: event.podSandboxStatus?.metadata?.uid ?? "",
        }),
      signal,
    );
}

/** The first that the runtime has. Rejects with Unimplemented where it has none. */
export function firstOf(sources: readonly EventSource[]): EventSource {
  let chosen = 0;
  return async (onEvent, signal) => {
    for (; ; chosen++) {
      try {
        return await sources[chosen]?.(onEvent, signal);
      } catch (error) {
        if (!isRuntimeError(error, "Unimplemented") || chosen + 1 >= sources.length) throw error;
      }
    }
  };
}

/** The name space that containerd's CRI part keeps its containers in. */
const CRI_NAMESPACE = "k8s.io";

const Timestamp = message({ seconds: integer(1), nanos: integer(2) });
const Any = message({ typeUrl: string(1), value: bytes(2) });
const Envelope = message({
  timestamp: one(1, () => Timestamp),
  namespace: string(2),
  topic: string(3),
  event: one(4, () => Any),
});
const SubscribeRequest = message({ filters: strings(1) });
const subscribe: Call<typeof SubscribeRequest, typeof Envelope> = {
  name: "Subscribe",
  path: "/containerd.services.events.v1.Events/Subscribe",
  request: SubscribeRequest,
  response: Envelope,
};

/** What the four events have in common. */
const Subject = message({ containerId: string(1) });
/** The process that ended: the container's own has its id, a command run in it another. */
const TaskExit = message({ containerId: string(1), id: string(2) });

const TOPICS: Readonly<Record<string, ContainerEventType>> = {
  "/containers/create": "Created",
  "/tasks/start": "Started",
  "/tasks/exit": "Stopped",
  "/containers/delete": "Deleted",
};

const ASK_TIMEOUT_MS = 10_000;
/** How long the CRI may lag behind: a matter of milliseconds, but of seconds on a machine with much to do. */
const SETTLE_LIMIT_MS = 60_000;
const MAX_SETTLE_DELAY_MS = 500;

export function containerdEvents(connection: Connection, clock: Clock, members: Membership): EventSource {
  return async (onEvent, signal) => {
    // One container's events go out in their order.
    const lanes = new Map<string, Promise<void>>();
    const filters = Object.keys(TOPICS).map((topic) => `namespace==${CRI_NAMESPACE},topic==${JSON.stringify(topic)}`);
    const settle = async (event: ContainerEvent): Promise<void> => {
      const stop = members.stopOf(event.containerId);
      if (stop !== undefined) return stop;
      const deadline = clock.monotonic() + SETTLE_LIMIT_MS;
      for (
        let delayMs = 1;
        !(await ended(connection, members, event.containerId));
        delayMs = Math.min(delayMs * 2, MAX_SETTLE_DELAY_MS)
      ) {
        if (signal.aborted || clock.monotonic() > deadline) break;
        await sleep(clock, delayMs, signal);
      }
    };
    const deliver = async (event: ContainerEvent): Promise<void> => {
      if (event.type === "Stopped") await settle(event);
      const podUid = await members.podUidOf(event.containerId);
      if (!signal.aborted) onEvent({ ...event, podUid });
    };
    await connection.stream(
      subscribe,
      { filters },
      (envelope) => {
        const event = containerEvent(envelope);
        if (event === undefined) return;
        const id = event.containerId;
        if (event.type === "Created" || event.type === "Started")
          return onEvent({ ...event, podUid: members.known(id)?.podUid ?? "" });
        const lane = (lanes.get(id) ?? Promise.resolve())
          .then(() => deliver(event))
          .catch(() => onEvent({ ...event, podUid: "" }))
          .finally(() => {
            if (lanes.get(id) === lane) lanes.delete(id);
          });
        lanes.set(id, lane);
      },
      signal,
    );
  };
}

/** Undefined where a command in a container ended, and for what is not asked for. */
function containerEvent({ topic, timestamp, event }: Decoded<typeof Envelope>): ContainerEvent | undefined {
  const type = TOPICS[topic];
  if (type === undefined || event === undefined) return undefined;
  if (type === "Stopped") {
    const ended = decode(TaskExit, event.value);
    if (ended.id !== ended.containerId) return undefined;
  }
  const createdAtMs = (timestamp?.seconds ?? 0) * 1000 + (timestamp?.nanos ?? 0) / 1e6;
  return { containerId: decode(Subject, event.value).containerId, type, createdAtMs, podUid: "" };
}

/** Whether the CRI says, too, that this container or sandbox has ended. */
async function ended(connection: Connection, members: Membership, id: string): Promise<boolean> {
  if (members.known(id)?.podSandboxId !== id) {
    const { containers } = await connection.unary(rpc.listContainers, { filter: { id } }, undefined, ASK_TIMEOUT_MS);
    if (containers[0] !== undefined) return containerStates[containers[0].state] !== "Running";
  }
  const { items } = await connection.unary(rpc.listPodSandbox, { filter: { id } }, undefined, ASK_TIMEOUT_MS);
  return items[0] === undefined || podSandboxStates[items[0].state] !== "Ready";
}
