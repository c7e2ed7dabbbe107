/**
 * Which sandbox and Pod a container belongs to: the CRI says it in lists, but neither in a container's status nor, in older
 * runtimes, in events. Remembered from what was made here, asked for otherwise, within a bound. Also what is being stopped here.
 */
import { recentMap } from "../../../base/recent-map.ts";
import type { CallOptions } from "../runtime.ts";
import type { Connection } from "./connection.ts";
import { runtimeService as rpc } from "./services.ts";

export interface Membership {
  sandbox(id: string, podUid: string): void;
  container(id: string, podSandboxId: string, podUid: string): void;
  /** Empty where the container is gone. */
  sandboxOf(containerId: string, options?: CallOptions): Promise<string>;
  /** Of a container or a sandbox; empty where it is gone. */
  podUidOf(id: string): Promise<string>;
  /** What is remembered, without asking. */
  known(id: string): Member | undefined;
  /** Calls that stop a container or a sandbox: while one is under way, who called it hears of the end. */
  stopping(id: string, call: Promise<void>): Promise<void>;
  /** Resolves when the stopping of it has ended; undefined where nobody stops it. */
  stopOf(id: string): Promise<void> | undefined;
}

interface Member {
  /** A sandbox's is its own. */
  podSandboxId: string;
  podUid: string;
}

/** A node has a few hundred; the rest is what was removed lately. */
const REMEMBERED = 4096;
const ASK_TIMEOUT_MS = 10_000;

export function membership(connection: Connection): Membership {
  const known = recentMap<string, Member>(REMEMBERED);
  const stops = new Map<string, Promise<void>>();
  const remember = (id: string, member: Member): Member => {
    known.set(id, member);
    return member;
  };

  const ask = async (id: string, options?: CallOptions): Promise<Member | undefined> => {
    const { containers } = await connection.unary(rpc.listContainers, { filter: { id } }, options, ASK_TIMEOUT_MS);
    const podSandboxId = containers[0]?.podSandboxId ?? id;
    // A list, not a status: a runtime writes every status that it cannot give into its log.
    const { items } = await connection.unary(rpc.listPodSandbox, { filter: { id: podSandboxId } }, options, ASK_TIMEOUT_MS);
    if (items[0] !== undefined) return remember(id, { podSandboxId, podUid: items[0].metadata?.uid ?? "" });
    return containers.length > 0 ? { podSandboxId, podUid: "" } : undefined;
  };

  return {
    sandbox: (id, podUid) => void remember(id, { podSandboxId: id, podUid }),
    container: (id, podSandboxId, podUid) => void remember(id, { podSandboxId, podUid }),
    sandboxOf: async (id, options) => (known.get(id) ?? (await ask(id, options)))?.podSandboxId ?? "",
    podUidOf: async (id) => (known.get(id) ?? (await ask(id)))?.podUid ?? "",
    known: (id) => known.get(id),
    async stopping(id, call) {
      const settled = call.catch(() => {});
      stops.set(id, settled);
      try {
        await call;
      } finally {
        if (stops.get(id) === settled) stops.delete(id);
      }
    },
    stopOf: (id) => stops.get(id),
  };
}
