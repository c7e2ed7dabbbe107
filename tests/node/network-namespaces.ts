/**
 * Network namespaces for tests of the node's network: each with one program inside that ends with the test, and the namespace with it.
 * None has a way out of the machine.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Peer {
  readonly pid: number;
  /** Has the program inside do something; rejects with what it threw. */
  do<T = unknown>(command: { op: string; [option: string]: unknown }): Promise<T>;
  /** Runs a shell script inside; answers what it wrote. */
  sh(script: string): Promise<string>;
  end(): Promise<void>;
}

const PEER = fileURLToPath(new URL("network-peer.ts", import.meta.url));

/** Why these tests cannot run here; undefined where they can. */
export async function whyNoNamespaces(): Promise<string | undefined> {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  for (const [command, args] of [
    ["nft", ["--version"]],
    ["ip", ["-V"]],
    ["conntrack", ["--version"]],
    ["unshare", ["--net", "true"]],
  ] as const) {
    const failed = await run(command, [...args]).then(
      () => undefined,
      (error: Error) => `${command} cannot be used: ${error.message}`,
    );
    if (failed !== undefined) return failed;
  }
  return undefined;
}

export async function startPeer(): Promise<Peer> {
  const child = spawn("unshare", ["--net", "sh", "-c", `ip link set lo up && exec "$0" "$1"`, process.execPath, PEER], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  const exited = once(child, "exit").then(() => {
    for (const { reject } of waiting.splice(0)) reject(new Error("the program in the namespace ended"));
  });
  const next = (): Promise<unknown> => new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { answer, error } = JSON.parse(line) as { answer?: unknown; error?: string };
    const waiter = waiting.shift();
    if (error === undefined) waiter?.resolve(answer);
    else waiter?.reject(new Error(error));
  });
  const ready = next();
  child.stdin.on("error", () => {});
  await ready;
  return {
    pid: child.pid ?? 0,
    do: <T>(command: object) => {
      const answer = next();
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return answer as Promise<T>;
    },
    sh: async (script) => (await run("nsenter", ["--target", String(child.pid), "--net", "--", "sh", "-ec", script])).stdout,
    async end() {
      child.stdin.end();
      await exited;
    },
  };
}

/** The bridge of a node's Pods, as the CNI plugin would make it. */
export const POD_BRIDGE = "timonier1";
export const GATEWAY = "10.244.0.1";

export const addBridge = (node: Peer): Promise<string> =>
  node.sh(`ip link add ${POD_BRIDGE} type bridge; ip addr add ${GATEWAY}/24 dev ${POD_BRIDGE}; ip link set ${POD_BRIDGE} up`);

/** A Pod at the bridge, with `10.244.0.INDEX`; hairpin mode as the CNI configuration has it. */
export async function startPod(node: Peer, index: number): Promise<Peer> {
  const pod = await startPeer();
  await node.sh(`ip link add pod${index} type veth peer name eth0 netns ${pod.pid}
    ip link set pod${index} master ${POD_BRIDGE}; ip link set pod${index} up; ip link set pod${index} type bridge_slave hairpin on`);
  await pod.sh(`ip addr add 10.244.0.${index}/24 dev eth0; ip link set eth0 up; ip route add default via ${GATEWAY}`);
  return pod;
}

/** Somebody on the node's other network: 198.51.100.2, the node being 198.51.100.1. */
export async function startNeighbour(node: Peer): Promise<Peer> {
  const neighbour = await startPeer();
  await node.sh(`ip link add lan0 type veth peer name eth0 netns ${neighbour.pid}
    ip addr add 198.51.100.1/24 dev lan0; ip link set lan0 up; ip route add default via 198.51.100.2`);
  await neighbour.sh(`ip addr add 198.51.100.2/24 dev eth0; ip link set eth0 up; ip route add 10.96.0.0/16 via 198.51.100.1`);
  return neighbour;
}
