/**
 * Probes over the machine's network: HTTP, TCP and gRPC; exec goes through the runtime.
 * https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { decodeUtf8 } from "../../base/bytes.ts";
import { type Clock, realClock } from "../../base/clock.ts";
import type { HookHttp } from "../lifecycle/hooks.ts";
import { httpUrl, type ProbeOutcome, type ProbeRequest, type Prober, portOf } from "../probes/prober.ts";
import { isRuntimeError, type RuntimeService } from "../runtime/runtime.ts";
import { probeGrpc } from "./grpc-probe.ts";

const SUCCESS: ProbeOutcome = { result: "success", output: "" };
const failure = (output: string): ProbeOutcome => ({ result: "failure", output });
const MOST_OUTPUT = 10 * 1024;

/** As Go says why a connection did not come about. */
function dialError(error: NodeJS.ErrnoException, address: string): string {
  const words: Record<string, string> = {
    ECONNREFUSED: "connect: connection refused",
    EHOSTUNREACH: "connect: no route to host",
    ENETUNREACH: "connect: network is unreachable",
    ETIMEDOUT: "i/o timeout",
  };
  return `dial tcp ${address}: ${words[error.code ?? ""] ?? error.message}`;
}

interface HttpAnswer {
  status: number;
  location: string | undefined;
}

const TOO_LATE = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

interface Question {
  url: string;
  headers: readonly { name: string; value: string }[];
  /** Who asks: `kube-probe`, `kube-lifecycle`. */
  agent: string;
  timeoutMs: number;
  clock: Clock;
  signal?: AbortSignal;
}

/** Rejects with an Error in Go's words, with the system's code where it has one. */
function ask({ url, headers, agent, timeoutMs, clock, signal }: Question): Promise<HttpAnswer> {
  const { protocol, hostname, port } = new URL(url);
  const sent: Record<string, string> = { "user-agent": `${agent}/1.36`, accept: "*/*", connection: "close" };
  for (const { name, value } of headers) sent[name.toLowerCase()] = value;
  return new Promise((resolve, reject) => {
    const request = (protocol === "https:" ? httpsRequest : httpRequest)(
      url,
      // Certificates of containers are nobody's to verify here, as upstream has it.
      { headers: sent, rejectUnauthorized: false, ...(signal === undefined ? {} : { signal }) },
      (response) => {
        // What it says is all that counts: nobody waits for the rest.
        resolve({ status: response.statusCode ?? 0, location: response.headers.location });
        response.destroy();
      },
    );
    const limit = clock.after(timeoutMs, () => request.destroy(new Error(TOO_LATE)));
    request.on("close", () => limit.cancel());
    request.on("error", (error: NodeJS.ErrnoException) => {
      const words = error.syscall === "connect" ? dialError(error, `${hostname}:${port}`) : error.message;
      reject(Object.assign(new Error(`Get "${url}": ${words}`, { cause: error }), { code: error.code }));
    });
    request.end();
  });
}

const MOST_REDIRECTS = 10;

/** Redirects are followed within the container; one that leads away from it is its answer, and counts as success. */
async function askAndFollow(question: Question): Promise<number> {
  const deadlineMs = question.clock.monotonic() + question.timeoutMs;
  let url = question.url;
  for (let hops = 0; ; hops++) {
    const { status, location } = await ask({ ...question, url, timeoutMs: deadlineMs - question.clock.monotonic() });
    if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return status;
    const next = new URL(location, url);
    if (next.hostname !== new URL(url).hostname) return status;
    if (hops >= MOST_REDIRECTS) throw new Error(`Get "${next.href}": stopped after ${MOST_REDIRECTS} redirects`);
    url = next.href;
  }
}

async function probeHttp(clock: Clock, { probe, container, podIp, timeoutMs }: ProbeRequest): Promise<ProbeOutcome> {
  const action = probe.httpGet;
  const port = action === undefined ? undefined : portOf(action.port, container);
  if (action === undefined || port === undefined) return { result: "error", output: `couldn't find port: ${action?.port}` };
  const headers = (action.httpHeaders ?? []).map(({ name, value }) => ({ name, value: value ?? "" }));
  try {
    const url = httpUrl(action, action.host || podIp, port);
    const status = await askAndFollow({ url, headers, agent: "kube-probe", timeoutMs, clock });
    return status >= 200 && status < 400 ? SUCCESS : failure(`HTTP probe failed with statuscode: ${status}`);
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
}

function probeTcp({ probe, container, podIp, timeoutMs }: ProbeRequest): Promise<ProbeOutcome> {
  const port = portOf(probe.tcpSocket?.port ?? 0, container);
  if (port === undefined) return Promise.resolve({ result: "error", output: `couldn't find port: ${probe.tcpSocket?.port}` });
  const host = probe.tcpSocket?.host || podIp;
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const done = (outcome: ProbeOutcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.on("connect", () => done(SUCCESS));
    socket.on("timeout", () => done(failure(`dial tcp ${host}:${port}: i/o timeout`)));
    socket.on("error", (error) => done(failure(dialError(error, `${host}:${port}`))));
  });
}

async function probeExec(runtime: RuntimeService, { probe, containerId, timeoutMs }: ProbeRequest): Promise<ProbeOutcome> {
  const command = probe.exec?.command ?? [];
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, { timeoutMs });
    const output = (decodeUtf8(stdout) + decodeUtf8(stderr)).slice(0, MOST_OUTPUT);
    return exitCode === 0 ? { result: "success", output } : failure(output);
  } catch (error) {
    if (isRuntimeError(error, "DeadlineExceeded"))
      return failure(`command timed out: "${command.join(" ")}" timed out after ${timeoutMs / 1000}s`);
    return { result: "error", output: error instanceof Error ? error.message : String(error) };
  }
}

/** The machine's own clock bounds the waiting, unless another is given. */
export const networkProber = (runtime: RuntimeService, clock: Clock = realClock): Prober => ({
  async probe(request) {
    const { probe } = request;
    if (probe.exec !== undefined) return probeExec(runtime, request);
    if (probe.httpGet !== undefined) return probeHttp(clock, request);
    if (probe.tcpSocket !== undefined) return probeTcp(request);
    if (probe.grpc !== undefined) return probeGrpc(clock, request);
    return { result: "error", output: "missing probe handler" };
  },
});

const HOOK_TIMEOUT_MS = 60_000;

/** HTTP hooks: any answer is well. One that is asked for over TLS and answers without is asked again as it answers. */
export const hookHttp: HookHttp = async ({ url, headers, signal }) => {
  const question = { url, headers, agent: "kube-lifecycle", timeoutMs: HOOK_TIMEOUT_MS, clock: realClock, signal };
  try {
    await ask(question);
    return { fellBack: false };
  } catch (error) {
    const isPlain = url.startsWith("https:") && (error as { code?: string }).code === "EPROTO";
    if (!isPlain) throw error;
    await ask({
      ...question,
      url: url.replace("https:", "http:"),
      headers: headers.filter(({ name }) => name.toLowerCase() !== "authorization"),
    });
    return { fellBack: true };
  }
};
