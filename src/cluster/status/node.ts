/** The parts of a real node, each asked itself: is the process there, does it answer. */
import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { decode, encode } from "dns-packet";
import type { Clock } from "../../base/clock.ts";
import { answers, findDaemon } from "../../kubelet/containerd/daemon.ts";
import { containerdLayout } from "../../kubelet/containerd/layout.ts";
import { dnsAddressOf, firstAddressOf } from "../addresses.ts";
import { type AgentConfig, agentConfigFile, NODE_API_PORT, readAgentConfig } from "../agent-config.ts";
import type { DataDirectory } from "../data-directory.ts";
import { processesNaming } from "../processes-naming.ts";
import { answerIn } from "./api.ts";
import type { ProcessName } from "./processes.ts";
import type { ComponentStatus } from "./report.ts";

const ANSWER_LIMIT_MS = 2_000;
const DNS_PORT = 53;
const HTTPS_PORT = 443;

/** Processes of the node, whether the server runs or not. */
export async function nodeProcesses(directory: DataDirectory): Promise<ProcessName[]> {
  const layout = containerdLayout(directory.agent);
  const containerd = await findDaemon(layout);
  return [
    ...processesNaming(agentConfigFile(directory.agent)).map((pid) => ({ name: "agent", pid })),
    ...(containerd === undefined ? [] : [{ name: "containerd", pid: containerd }]),
    ...processesNaming(layout.socket).map((pid) => ({ name: "Pod", pid })),
  ];
}

export async function nodeComponents(
  directory: DataDirectory,
  processes: readonly ProcessName[],
  clock: Clock,
): Promise<ComponentStatus[]> {
  const config = readConfig(directory);
  if (config === undefined) return [{ name: "node agent", state: "failed", detail: "it was not started yet" }];
  return [
    await agentStatus(config, processes, clock),
    ...(config.runtimeEndpoint === undefined ? [await containerdStatus(directory, processes)] : []),
    ...(await Promise.all([proxyStatus(config, clock), dnsStatus(config, clock)])),
  ];
}

function readConfig(directory: DataDirectory): AgentConfig | undefined {
  try {
    return readAgentConfig(agentConfigFile(directory.agent));
  } catch {
    return undefined;
  }
}

/** A process that hangs does not shake hands. */
async function agentStatus(
  { nodeAddress }: AgentConfig,
  processes: readonly ProcessName[],
  clock: Clock,
): Promise<ComponentStatus> {
  const name = "node agent";
  if (!processes.some((each) => each.name === "agent"))
    return { name, state: "failed", detail: "it does not run; the server starts it again (`timonier logs agent`)" };
  // Who it is, its process has told; nothing is sent to it.
  const socket = connectTls({ host: nodeAddress, port: NODE_API_PORT, rejectUnauthorized: false });
  const refused = await whyNotConnected(socket, "secureConnect", clock);
  if (refused === undefined) return { name, state: "ok", detail: "" };
  return {
    name,
    state: "failed",
    detail: `it does not answer at ${nodeAddress}:${NODE_API_PORT}: ${refused} (\`timonier logs agent\`)`,
  };
}

/** Undefined where it could be; the connection is closed either way. */
async function whyNotConnected(socket: Socket, event: "connect" | "secureConnect", clock: Clock): Promise<string | undefined> {
  const connected = new Promise<void>((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once("error", reject);
  });
  try {
    await answerIn(clock, ANSWER_LIMIT_MS, connected);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    socket.destroy();
  }
}

async function containerdStatus(directory: DataDirectory, processes: readonly ProcessName[]): Promise<ComponentStatus> {
  const name = "containerd";
  if (!processes.some((each) => each.name === "containerd"))
    return { name, state: "failed", detail: "it does not run; the agent starts it again (`timonier logs containerd`)" };
  if (await answers(containerdLayout(directory.agent).socket)) return { name, state: "ok", detail: "" };
  return { name, state: "failed", detail: "it runs, and takes no connections (`timonier logs containerd`)" };
}

/** The API's own Service has an address that only rules of the proxy lead anywhere. */
async function proxyStatus({ proxy, serviceCidr }: AgentConfig, clock: Clock): Promise<ComponentStatus> {
  const name = "Service proxy";
  if (proxy === undefined) return { name, state: "off", detail: "left out with --disable" };
  const host = firstAddressOf(serviceCidr);
  const refused = await whyNotConnected(connect({ host, port: HTTPS_PORT }), "connect", clock);
  if (refused === undefined) return { name, state: "ok", detail: "" };
  return { name, state: "failed", detail: `Service kubernetes (${host}:${HTTPS_PORT}) cannot be reached: ${refused}` };
}

/** Asks for the API's own name at the address that Pods ask. */
async function dnsStatus({ dns, serviceCidr, clusterDomain }: AgentConfig, clock: Clock): Promise<ComponentStatus> {
  const name = "DNS";
  if (dns === undefined) return { name, state: "off", detail: "left out with --disable" };
  const host = dnsAddressOf(serviceCidr);
  const question = { type: "A", name: `kubernetes.default.svc.${clusterDomain}` } as const;
  const socket = createSocket("udp4");
  const answered = new Promise<Buffer>((resolve, reject) => {
    socket.once("message", resolve);
    socket.once("error", reject);
    socket.connect(DNS_PORT, host, () => socket.send(encode({ type: "query", id: 1, questions: [question] })));
  });
  try {
    const { answers: found = [] } = decode(await answerIn(clock, ANSWER_LIMIT_MS, answered));
    if (found.length > 0) return { name, state: "ok", detail: "" };
    return { name, state: "failed", detail: `it does not know ${question.name}` };
  } catch (error) {
    return { name, state: "failed", detail: `it does not answer at ${host}: ${messageOf(error)} (\`timonier logs dns\`)` };
  } finally {
    socket.close();
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
